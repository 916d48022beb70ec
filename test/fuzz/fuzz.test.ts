import { test } from 'tap';
import { fuzz } from './fuzzing.js';
import { targets } from './targets.js';

for (const [name, target] of Object.entries(targets)) {
  test(`${name}: whatever is given, it is read or refused by name, soon and in little memory`, async (t) => {
    const failure = await fuzz(target, { folder: t.testdir(), runs: 200, seed: 20200407 });
    t.equal(failure?.fault, undefined);
  });
}
