import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { losses } from '../../src/losses/index.js';
import type { FloatArray } from '../../src/tensor/tensor.js';
import { normals, randomLabels, sameBits } from '../helpers/arrays.js';

/** Loss and gradient of one image; in float32 unless the logits are given in float64. */
function evaluate(logits: readonly number[] | FloatArray, label: number): { loss: number; gradient: FloatArray } {
  const z = Array.isArray(logits) ? Float32Array.from(logits) : (logits as FloatArray);
  const [value, gradient] = [new Float64Array(1), z.slice().fill(Number.NaN)];
  crossEntropy.evaluate(z, Uint8Array.of(label), 1, z.length, value, gradient);
  return { loss: value[0], gradient };
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);
const near = (actual: number, expected: number, relative: number) =>
  Math.abs(actual - expected) <= relative * Math.abs(expected);

test('cross-entropy is in the table under its name', async (t) => {
  t.equal(losses['cross-entropy'], crossEntropy);
});

test('equal logits: log of the number of classes, and all classes pull alike', async (t) => {
  const { loss, gradient } = evaluate([3, 3, 3, 3], 2);
  t.ok(near(loss, Math.log(4), 1e-15));
  t.same([...gradient], [0.25, 0.25, -0.75, 0.25]);
});

test('J = −log softmax(z)_y and dJ/dz = softmax(z) − onehot(y), as the definition gives them', async (t) => {
  const [n, classes] = [20, 7];
  const logits = normals(n * classes, 1).map((value) => 3 * value);
  const labels = randomLabels(n, classes, 2);
  const [values, gradient] = [new Float64Array(n), new Float64Array(n * classes)];
  crossEntropy.evaluate(logits, labels, n, classes, values, gradient);
  for (let i = 0; i < n; i++) {
    const exponentials = logits.slice(i * classes, (i + 1) * classes).map(Math.exp);
    const softmax = exponentials.map((value) => value / sum(exponentials));
    t.ok(near(values[i], -Math.log(softmax[labels[i]]), 1e-12));
    for (let j = 0; j < classes; j++) {
      const expected = softmax[j] - (j === labels[i] ? 1 : 0);
      t.ok(Math.abs(gradient[i * classes + j] - expected) < 1e-14, `[${i}, ${j}]`);
    }
  }
});

test('the gradient agrees with central differences of the loss', async (t) => {
  const logits = normals(10, 3);
  const { gradient } = evaluate(logits, 4);
  for (let j = 0; j < 10; j++) {
    const at = (step: number) =>
      evaluate(
        logits.map((value, i) => (i === j ? value + step : value)),
        4,
      ).loss;
    t.ok(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - gradient[j]) < 1e-9, `logit ${j}`);
  }
});

test('each image has its own loss and gradient, whatever batch it stands in', async (t) => {
  const logits = Float32Array.from(normals(30, 5));
  const labels = Uint8Array.of(1, 0, 4);
  const [values, gradient] = [new Float64Array(3), new Float32Array(30)];
  crossEntropy.evaluate(logits, labels, 3, 10, values, gradient);
  for (let i = 0; i < 3; i++) {
    const alone = evaluate(logits.slice(i * 10, (i + 1) * 10), labels[i]);
    t.equal(alone.loss, values[i]);
    t.ok(sameBits(alone.gradient, gradient.slice(i * 10, (i + 1) * 10)));
  }
});

test('what lies behind the n images is left alone', async (t) => {
  const [values, gradient] = [Float64Array.of(0, 77), Float32Array.of(0, 0, 77, 77)];
  crossEntropy.evaluate(new Float32Array(4), new Uint8Array(2), 1, 2, values, gradient);
  t.same([values[1], gradient[2], gradient[3]], [77, 77, 77]);
});

test('logits of any finite size give a finite loss and gradient', async (t) => {
  for (const huge of [1e30, 3e38]) {
    const large = Math.fround(huge);
    const right = evaluate([large, -large, 0], 0);
    t.equal(right.loss, 0, `${huge}: right beyond doubt`);
    t.same([...right.gradient], [0, 0, 0]);
    const wrong = evaluate([large, -large, 0], 1);
    t.equal(wrong.loss, 2 * large, `${huge}: wrong beyond doubt`);
    t.same([...wrong.gradient], [1, -1, 0]);
    const tie = evaluate([large, large, -large], 0);
    t.ok(near(tie.loss, Math.LN2, 1e-15), `${huge}: a tie at the top`);
    t.same([...tie.gradient], [-0.5, 0.5, 0]);
    const low = evaluate([-large, -large], 1);
    t.ok(near(low.loss, Math.LN2, 1e-15), `${huge}: a tie at the bottom`);
    t.same([...low.gradient], [0.5, -0.5]);
  }
});

test('adding the same number to all logits changes nothing', async (t) => {
  const [plain, shifted] = [evaluate([1, 2, 3], 1), evaluate([65537, 65538, 65539], 1)];
  t.ok(near(shifted.loss, plain.loss, 1e-15));
  t.ok(sameBits(plain.gradient, shifted.gradient));
});

test("each image's gradient sums to zero", async (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const { gradient } = evaluate(
      normals(10, seed).map((value) => seed * value),
      seed % 10,
    );
    t.ok(Math.abs(sum(gradient)) < 1e-15, `float64, seed ${seed}`);
    const single = evaluate(Float32Array.from(normals(10, seed)), seed % 10).gradient;
    t.ok(Math.abs(sum(single)) < 10 * 2 ** -24, `float32, seed ${seed}`);
  }
});

test('near certainty, loss and gradient keep their digits: p_y − 1 would have lost them', async (t) => {
  // With nine others d below, s = 9·e^−d: J = log(1 + s) and dJ/dz_y = −s / (1 + s), without cancellation.
  for (const d of [5, 20, 40, 80, 100]) {
    const s = 9 * Math.exp(-d);
    const logits = Float64Array.from({ length: 10 }, (_, j) => (j === 3 ? 7 + d : 7));
    const { loss, gradient } = evaluate(logits, 3);
    t.ok(near(loss, Math.log1p(s), 1e-13), `loss, ${d} below: ${loss}`);
    t.ok(near(gradient[3], -s / (1 + s), 1e-13), `gradient at the true class, ${d} below: ${gradient[3]}`);
    t.ok(near(gradient[0], Math.exp(-d) / (1 + s), 1e-13), `at another, ${d} below`);
    const single = evaluate(Float32Array.from(logits), 3).gradient;
    if (d <= 80) t.ok(near(single[3], -s / (1 + s), 2 ** -24), `float32, ${d} below: ${single[3]}`);
  }
});

test('in float32 the gradient is exactly zero only once all others lie more than 103 below', async (t) => {
  const margin = (d: number) => evaluate([d, 0], 0).gradient;
  t.same([...margin(104)], [0, 0], 'e^−104 is under half of the smallest float32');
  t.same([...margin(103.5)], [-(2 ** -149), 2 ** -149], 'e^−103.5 rounds to it');
  t.ok(margin(103).every((value) => value !== 0));
  t.ok(evaluate([17, 0], 0).gradient[0] < 0, 'where p_y is 1 in float32 the gradient is not yet zero');
  t.ok(evaluate([104, 0, 0, 0], 0).gradient[0] < 0, 'three others just beyond it still add up to something');
  t.ok(
    evaluate([0, 200], 0).gradient.every((value) => Math.abs(value) === 1),
    'and never where the label is wrong',
  );
});

test('in float64 the gradient is still there where float32 has none', async (t) => {
  const { loss, gradient } = evaluate(Float64Array.of(200, 0), 0);
  t.ok(near(gradient[1], Math.exp(-200), 1e-13));
  t.ok(near(gradient[0], -Math.exp(-200), 1e-13));
  t.ok(near(loss, Math.exp(-200), 1e-13));
});

test('a logit that is no number makes the loss none', async (t) => {
  t.ok(Number.isNaN(evaluate([1, Number.NaN, 2], 0).loss));
  t.ok(!Number.isFinite(evaluate([1, Number.POSITIVE_INFINITY, 2], 0).loss));
});
