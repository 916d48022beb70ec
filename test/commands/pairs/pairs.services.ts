/*
 * Every command with pairs of its options, on every kind of run that it can be applied to. Each call has up to ten
 * options, so a few calls cover many pairs. `PAIRS=all` covers all of them, which takes more than 15 minutes.
 */
import { test } from 'tap';
import { stream } from '../../../src/tensor/random.js';
import { makeKinds } from './kinds.js';
import { subjects, tryOddValues, tryPairs } from './pairs.js';

const ALL = process.env.PAIRS === 'all';
/** The most calls of a command on one kind of run. */
const MOST = ALL ? Number.POSITIVE_INFINITY : 5;

const made = await makeKinds();

for (const subject of subjects) {
  const { name } = subject;
  test(`${name}: no pair of options ends in a stack trace or leaves half a file`, { timeout: 600_000 }, async (t) => {
    const { failures, calls, left } = await tryPairs(subject, made, stream(1).split(name), MOST);
    t.same(failures, []);
    if (ALL) t.equal(left, 0, 'each pair was tried');
    else t.ok(calls > 0, `${calls} calls; ${left} pairs are left for PAIRS=all`);
  });
}

/** Each command with the last kind in the list, which is small: such values are refused before the kind matters. */
const once = new Map(subjects.map((subject) => [subject.command, subject]));
for (const [command, subject] of once) {
  test(`${command}: no unexpected value ends in a stack trace or leaves half a file`, {
    timeout: 600_000,
  }, async (t) => {
    t.same(await tryOddValues(subject, made, ALL ? undefined : 1), []);
  });
}
