import { test } from 'tap';
import { type AttackName, attacks } from '../../src/attacks/index.js';
import type { LossName } from '../../src/losses/index.js';
import { maximisedLoss } from '../../src/metrics/attack-loss.js';

test('every attack maximises the loss that is asked for, its own, or no loss', (t) => {
  const own: Partial<Record<AttackName, string | null>> = {
    ...{ fab: 'margin', square: 'margin', spsa: 'margin', 'apgd-t': 'margin' }, // cross-entropy has no targeted form
    ...{ 'uniform-noise': null, 'sign-noise': null, grey: null },
  };
  for (const name of Object.keys(attacks) as AttackName[]) {
    const expected = name in own ? own[name] : 'cross-entropy';
    t.equal(maximisedLoss(name, 'cross-entropy', 10), expected, name);
  }
  t.end();
});

test('targeted APGD maximises a loss in its targeted form, if there are enough classes for it', (t) => {
  const targeted = (loss: LossName, classes: number) => maximisedLoss('apgd-t', loss, classes);
  t.same([targeted('dlr', 10), targeted('dlr', 4), targeted('dlr', 3)], ['dlr', 'dlr', 'margin']);
  t.same([targeted('margin', 2), targeted('cross-entropy', 100)], ['margin', 'margin']);
  t.equal(maximisedLoss('apgd', 'dlr', 3), 'dlr');
  t.end();
});
