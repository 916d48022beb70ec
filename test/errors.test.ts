import { test } from 'tap';
import { UserError } from '../src/errors.js';

test('a message of a usual length stays as it is, lines and all', (t) => {
  const message = 'out/x.json: ε must be from 0 to 1, found "２".\n\tTry again.';
  t.equal(new UserError(message).message, message);
  t.equal(new UserError('x', { cause: 'y' }).cause, 'y');
  t.end();
});

test('what a file holds reaches no terminal as a command', (t) => {
  const { message } = new UserError('f: "\u001b[31mred\u0007\u009b\r\u0000"');
  t.equal(message, 'f: "␛[31mred␇\ufffd␍␀"');
  t.end();
});

test('a message that nobody would read to its end keeps its beginning and its end', (t) => {
  const { message } = new UserError(`file.json: ${'x'.repeat(100_000)}. Do this.`);
  t.ok(message.startsWith('file.json: xxx'));
  t.ok(message.endsWith('xxx. Do this.'));
  t.match(message, / … \(97521 characters\) … /);
  t.ok(message.length < 2600);
  t.end();
});
