/* Every command with every pair of its options, on every kind of run that it can be applied to. */
import { test } from 'tap';
import { stream } from '../../../src/tensor/random.js';
import { makeKinds } from './kinds.js';
import { subjects, tryOddValues, tryPairs } from './pairs.js';

const made = await makeKinds();

for (const subject of subjects) {
  const { name } = subject;
  test(`${name}: no pair of options ends in a stack trace or leaves half a file`, { timeout: 600_000 }, async (t) => {
    const { failures, left } = await tryPairs(subject, made, stream(1).split(name));
    t.same(failures, []);
    t.equal(left, 0, 'each pair was tried');
  });
}

/** Each command with the last kind in the list, which is small: such values are refused before the kind matters. */
const once = new Map(subjects.map((subject) => [subject.command, subject]));
for (const [command, subject] of once) {
  test(`${command}: no unexpected value ends in a stack trace or leaves half a file`, {
    timeout: 600_000,
  }, async (t) => {
    t.same(await tryOddValues(subject, made), []);
  });
}
