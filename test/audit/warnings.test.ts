import { test } from 'tap';
import { conclude } from '../../src/audit/conclude.js';
import { warningsOf } from '../../src/audit/warnings.js';
import { IMAGES, type MadeUp, madeUp } from './made-up.js';

const named = (options: MadeUp) => warningsOf(madeUp({ standard: true, ...options })).map(({ name }) => name);

test('a sound network raises none of AutoAttack’s flags', (t) => {
  t.same(named({}), []);
  t.end();
});

test('each flag is raised by its own sign', (t) => {
  t.same(named({ answers: { changing: 1 } }), ['randomized']);
  t.same(named({ answers: { likeProbabilities: IMAGES } }), ['probabilities']);
  t.same(named({ answers: { likeProbabilities: IMAGES - 1 } }), [], 'all of them, or it is chance');
  const counts = madeUp().gradients.counts.map((count) => ({ ...count, zero: count.loss === 'margin' ? 3 : 0 }));
  t.same(named({ gradients: { counts } }), ['zero gradients']);
  const square: MadeUp['but'] = ({ id }) => (id === 'square' ? 0 : undefined);
  t.same(named({ but: square }), ['square']);
  t.match(
    warningsOf(madeUp({ standard: true, but: square }))[0].meaning,
    /At ε = 0\.1 Square fools 60\.0\s% of the images/,
  );
  t.end();
});

test('with fewer than four classes it says what is done instead', (t) => {
  t.same(named({ classes: 4 }), []);
  t.match(warningsOf(madeUp({ standard: true, classes: 3 }))[0], { name: 'few classes', meaning: /There are 3 classes.*APGD-T climbs the margin instead\.$/ }); // biome-ignore format: one line
  t.match(warningsOf(madeUp({ classes: 2, standard: true }))[0].meaning, /needs three: APGD goes without it/);
  t.match(conclude(madeUp({ classes: 2 })).conclusion.warnings, [{ name: 'few classes' }], 'without --standard too');
  t.equal(conclude(madeUp()).conclusion.warnings, undefined);
  t.end();
});

test('what AutoAttack leaves is counted of its own attacks alone', (t) => {
  const but: MadeUp['but'] = ({ id }) =>
    ({ 'apgd/true/cross-entropy': 0.5, 'apgd-t/true/dlr': 0.4, fab: 0.45, square: 0.6, 'apgd/true/margin': 0.1 })[id];
  const { points } = conclude(madeUp({ standard: true, but })).conclusion;
  t.equal(points[0].standard, 0.4);
  t.ok(points[0].standardInterval);
  t.equal(points[0].worstCase < 0.4, true);
  t.equal(conclude(madeUp({ but })).conclusion.points[0].standard, undefined);
  t.end();
});
