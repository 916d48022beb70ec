import { PassThrough } from 'node:stream';
import { test } from 'tap';
import { progressOn } from '../../src/commands/progress.js';
import { duration } from '../../src/words.js';

/** A stream that keeps what is written to it. */
function recorder(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (data) => {
    text += data;
  });
  const terminal = { isTTY, columns: 80, rows: 24, cursorTo() {}, clearLine() {}, moveCursor() {} };
  return { stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream, text: () => text };
}

test('times are told in words', async (t) => {
  t.same([0.4, 59.4, 95, 3600, 7384].map(duration), ['0 s', '59 s', '1 min 35 s', '1 h 0 min', '2 h 3 min']);
});

test('where there is no terminal, progress is plain lines: what was logged, and no control characters', async (t) => {
  const { stream, text } = recorder(false);
  const progress = progressOn(stream);
  progress.log('first');
  const bar = progress.begin('BP training', 10, 2);
  bar.update(5);
  bar.log('epoch 1');
  bar.end();
  await new Promise(setImmediate);
  t.equal(text(), 'first\nepoch 1\n', 'no line about work that is hardly begun');
});

test('on a terminal, a bar shows the share done and the time left, and lines stay above it', async (t) => {
  const { stream, text } = recorder(true);
  const bar = progressOn(stream).begin('FA training', 10, 0);
  await new Promise((resolve) => setTimeout(resolve, 120));
  bar.update(5);
  bar.log('epoch 1');
  await new Promise((resolve) => setTimeout(resolve, 250));
  bar.end();
  t.match(text(), /FA training/);
  t.match(text(), /50 %/);
  t.match(text(), /left/);
  t.match(text(), /epoch 1/);
});
