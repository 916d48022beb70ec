import { test } from 'tap';
import { parseAudit } from '../../src/audit/findings.js';
import { gradientHealth, inspectGradients } from '../../src/audit/gradients.js';
import { countOtherInFloat64, float32Spacing, logitHealth, lookAtLogits } from '../../src/audit/logits.js';
import { solo } from '../../src/crew/crew.js';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import { tanh } from '../../src/layers/tanh.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { tensor } from '../../src/tensor/tensor.js';
import { pixels } from '../helpers/arrays.js';
import { exampleAudit } from '../helpers/audit-example.js';
import { networkOf, weightsOf } from '../helpers/networks.js';

const count = 100;
const bytes = Uint8Array.from(pixels(count * 9, 5), (pixel) => 255 * pixel);
const floats = Float32Array.from(bytes, (byte) => byte / 255);

function network(phi = relu) {
  const layers = [
    flatten('flatten', [1, 3, 3]),
    linear('fc1', [9], { outputs: 20 }),
    activation('phi', [20], phi),
    linear('fc2', [20], { outputs: 4 }),
  ];
  return networkOf(layers, 'bp', referenceKernels(), 3);
}

/** The audited images, each with the class that `made` takes it for. */
function seen(made: ReturnType<typeof network>, labels = made.predict(tensor(floats, [count, 1, 3, 3]))) {
  const pieces = inspectGradients(made, { pixels: bytes, labels, count }, solo());
  const logits = logitHealth(pieces.map((piece) => piece.logits));
  return { logits, counts: gradientHealth(pieces).counts };
}

const scale = (made: ReturnType<typeof network>, names: readonly string[], factor: number) => {
  for (const name of names) {
    const values = weightsOf(made, name);
    for (let p = 0; p < values.length; p++) values[p] *= factor;
  }
};

test('a saturated softmax is told from a uniform one by the logits themselves', (t) => {
  t.match(lookAtLogits([200, 0, -9], 0), { nearOne: true, one: true, uniform: false, tied: false, spread: 209 });
  t.match(lookAtLogits([200, 0, -9], 1), { nearOne: false, one: false }, 'of another class than the true one');
  t.match(lookAtLogits([5, 0, 0], 0), { nearOne: false, one: false });
  t.match(lookAtLogits([6, 0, 0], 0), { nearOne: true, one: false });
  t.match(lookAtLogits([1e-19, 0, -2e-19], 0), { nearOne: false, uniform: true, withinRounding: false });
  t.match(lookAtLogits([0, 0, 0], 0), { uniform: false, tied: true }, 'equal logits are no small ones');
  t.match(lookAtLogits([1e8, 1e8 - 8, 1e8 - 16], 0), { tied: false, withinRounding: true, largest: 1e8 });
  t.match(lookAtLogits([1e8, 1e8, 1e8 - 16], 0), { tied: true, withinRounding: true });
  t.equal(float32Spacing(1e8), 8);
  t.equal(float32Spacing(1), 2 ** -23);
  t.equal(float32Spacing(0), 2 ** -149);
  t.end();
});

test('an offset of 10⁸ on all logits costs predictions: as many as differ from those without it', (t) => {
  const made = network();
  const exact = made.predict(tensor(floats, [count, 1, 3, 3]));
  const { logits: before } = seen(made);
  t.match(before, { images: count, tied: 0, withinRounding: 0, otherInFloat64: 0 });
  const bias = weightsOf(made, 'fc2.bias');
  bias.fill(0);
  const unshifted = made.predict(tensor(floats, [count, 1, 3, 3]));
  bias.fill(1e8);
  const rounded = made.predict(tensor(floats, [count, 1, 3, 3]));
  const changed = rounded.filter((answer, i) => answer !== unshifted[i]).length;
  const { logits } = seen(made, exact);
  t.ok(changed > 0, `${changed} of ${count}`);
  t.equal(logits.otherInFloat64, changed);
  t.equal(logits.largest, 1e8);
  t.equal(logits.offset, 1e8);
  t.ok(logits.tied > 0 && logits.withinRounding >= logits.tied);
  t.end();
});

test('a last layer that is not linear is not computed in float64', (t) => {
  const layers = [flatten('flatten', [1, 3, 3]), linear('fc', [9], { outputs: 4 }), activation('phi', [4], tanh)];
  const made = networkOf(layers, 'bp', referenceKernels());
  t.equal(countOtherInFloat64(made, floats, count), undefined);
  t.notOk('otherInFloat64' in seen(made).logits);
  t.end();
});

test('fc3 × 10⁻²⁰: the softmax is uniform on every image and saturated on none', (t) => {
  const made = network();
  scale(made, ['fc2.weight', 'fc2.bias'], 1e-20);
  const { logits, counts } = seen(made);
  t.match(logits, { images: count, nearOne: 0, one: 0, uniform: count, withinRounding: 0, otherInFloat64: 0 });
  t.ok(logits.spread > 0 && logits.spread < 1e-18);
  t.ok(
    counts.every(({ zero, underflow }) => zero === 0 && underflow === 0),
    'and there is a gradient still',
  );
  t.end();
});

test('a gradient that float32 loses in the backward pass is told from a saturated softmax and from dead units', (t) => {
  const all = (made: ReturnType<typeof network>) => seen(made).counts.map(({ zero, underflow }) => [zero, underflow]);
  const each = (pair: readonly number[]) => [pair, pair, pair, pair];

  const tiny = network();
  scale(tiny, ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias'], 1e-25);
  t.same(all(tiny), each([count, count]));

  const dead = network();
  weightsOf(dead, 'fc1.bias').fill(-1e3); // no unit passes its ReLU, whatever the loss is multiplied by
  t.same(all(dead), each([count, 0]));

  const saturated = network();
  scale(saturated, ['fc2.weight', 'fc2.bias'], 1e6);
  const { counts, logits } = seen(saturated);
  const [crossEntropy, , margin] = counts;
  t.ok(crossEntropy.zero > 0.9 * count && logits.one >= crossEntropy.zero);
  t.equal(crossEntropy.underflow, 0);
  t.same([margin.zero, margin.underflow], [0, 0]);
  t.end();
});

test('logits that are not finite are left out', (t) => {
  const made = network();
  weightsOf(made, 'fc2.bias')[1] = Number.POSITIVE_INFINITY;
  const { logits } = seen(made, new Uint8Array(count));
  t.match(logits, { images: 0, nearOne: 0, spread: 0, largest: 0, withinRounding: 0, otherInFloat64: 0 });
  const { bp } = exampleAudit.models;
  const audit = { ...exampleAudit, models: { bp: { ...bp, logits } } };
  t.same(parseAudit(JSON.stringify(audit), 'audit.json').models.bp.logits, logits);
  t.equal(parseAudit(JSON.stringify(exampleAudit), 'audit.json').models.bp.logits, undefined, 'of an earlier version');
  t.end();
});
