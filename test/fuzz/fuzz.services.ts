import { test } from 'tap';
import { fuzz } from './fuzzing.js';
import { targets } from './targets.js';

for (const [name, target] of Object.entries(targets)) {
  test(`${name}: each of 2,000 inputs is read or refused by name, soon and in little memory`, async (t) => {
    const failure = await fuzz(target, { folder: t.testdir(), runs: 2000, seed: 314159 });
    t.equal(failure?.fault, undefined);
  });
}
