/* A sample of the calls of pairs.services.ts. */
import { test } from 'tap';
import { stream } from '../../../src/tensor/random.js';
import { call, program } from './calls.js';
import { kinds, makeKinds, usages } from './kinds.js';
import { subjects, tryPairs } from './pairs.js';

const made = await makeKinds(true);

test('every command is tried, or has a reason why not; those that train have the same options', async (t) => {
  t.same(program.commands.map((command) => command.name()).sort(), [...new Set(commandsIn(usages))].sort());
  const optionsOf = (name: string) =>
    program.commands.find((each) => each.name() === name)?.options.map(({ flags }) => flags);
  for (const name of ['mnist', 'fashion-mnist', 'cifar10']) t.same(optionsOf(name), optionsOf('folder'), name);
});

function commandsIn(table: typeof usages): string[] {
  return Object.entries(table).map(([name, usage]) => (typeof usage === 'string' ? name : (usage.command ?? name)));
}

test('a loss that needs more classes than there are is refused in a sentence, and nothing is written', async (t) => {
  const two = kinds[1];
  const expected = /^--loss "dlr": needs at least 3 classes; folder has 2\. Try --loss margin\.$/m;
  for (const [command, ...options] of [['attack', '--images=4', '--workers=1'], ['inspect'], ['export']]) {
    made.copy(two);
    const { code, output } = await call([command, 'run', '--loss=dlr', ...options]);
    t.equal(code, 2, command);
    t.match(output, expected);
  }
  made.copy(two);
  t.equal((await call(['export', 'run', '--loss=dlr', '--to=onnx'])).code, 0, 'ONNX files need no attack');
});

test('some pairs of options of each command end in no stack trace and leave no half a file', async (t) => {
  for (const subject of subjects) {
    const { failures, calls } = await tryPairs(subject, made, stream(2).split(subject.name), 2);
    t.same(failures, [], subject.name);
    t.ok(calls > 0);
  }
});
