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

test('it is said where rounding, the size of the logits or underflow makes float32 matter, and nowhere else', (t) => {
  const warned = (options: MadeUp) => conclude(madeUp(options)).conclusion.warnings ?? [];
  const names = (options: MadeUp) => warned(options).map(({ name }) => name);
  const meaning = (logits: MadeUp['logits']) => warned({ logits })[0]?.meaning ?? '';
  t.same(names({}), []);
  const offset = { largest: 1e8, offset: 1e8, withinRounding: 91, tied: 32, otherInFloat64: 14 };
  t.same(names({ logits: offset }), ['float32: rounding']);
  t.match(meaning(offset), /has the size 1\.00e\+8, where float32 numbers lie 8 apart/);
  t.match(meaning(offset), /On 91 of 100 images the two largest .* no further apart than that, on 32 they are equal/);
  t.match(
    meaning(offset),
    /in float64, the network gives 14 images another class\..* offset of about 1\.00e\+8: subtract/,
  );
  t.notMatch(meaning({ ...offset, otherInFloat64: undefined, offset: 1 }), /float64|offset/, 'what isn’t known');
  t.same(names({ logits: { uniform: 1 } }), [], 'one image of a hundred');
  t.same(names({ logits: { uniform: 100, spread: 1e-19 } }), ['float32: small logits']);
  t.same(names({ logits: { spread: 1e5 } }), [], 'the paper’s FA has a spread of 10⁴');
  t.same(names({ logits: { spread: 1e31 } }), ['float32: large logits']);
  const counts = madeUp().gradients.counts.map((count) => ({ ...count, underflow: 2 }));
  t.same(names({ gradients: { counts } }), ['float32: underflow']);
  t.same(names({ standard: true, logits: offset }), ['float32: rounding'], 'with AutoAttack’s flags too');
  t.end();
});
