import { test } from 'tap';
import { gradientHealth, inspectGradients, summarize } from '../../src/audit/gradients.js';
import { type Crew, solo } from '../../src/crew/crew.js';
import { activation } from '../../src/layers/activation.js';
import { flatten } from '../../src/layers/flatten.js';
import { linear } from '../../src/layers/linear.js';
import { relu } from '../../src/layers/relu.js';
import type { RuleName } from '../../src/rules/index.js';
import type { LabelledImages } from '../../src/tensor/images.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { networkOf, weightsOf } from '../helpers/networks.js';

const random = stream(2).split('images');
const count = 100;
const images: LabelledImages = {
  pixels: Uint8Array.from({ length: count * 4 }, () => random.integer(0, 255)),
  labels: new Uint8Array(count),
  count,
};

/** z = W·x: the margin's gradient is a difference of rows of W along the true path, and of B along the feedback path. */
function network(rule: RuleName, weight: readonly number[], feedback: readonly number[] = [], bias = [0, 0, 0]) {
  const layers = [flatten('flatten', [1, 2, 2]), linear('fc', [4], { outputs: 3 })];
  const made = networkOf(layers, rule, referenceKernels());
  weightsOf(made, 'fc.weight').set(weight);
  weightsOf(made, 'fc.bias').set(bias);
  if (rule === 'fa') weightsOf(made, 'fc.feedback').set(feedback);
  return made;
}

const healthOf = (made: ReturnType<typeof network>) => gradientHealth(inspectGradients(made, images, solo()));
const countOf = ({ counts }: ReturnType<typeof healthOf>, loss: string, path: string) =>
  counts.find((each) => each.loss === loss && each.path === path);

/** Class 1 is the rival everywhere; the rows' differences are (1, 0, 0, 0) in W and (1, 1, 0, 0) in B: 45° apart. */
const weight = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const feedback = [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0];
const rivalOne = [0, 0, -9];

test('the angle between the paths is that between the gradients they carry', (t) => {
  const { angle, images: seen } = healthOf(network('fa', weight, feedback, rivalOne));
  t.equal(seen, count);
  t.equal(angle?.images, count);
  t.ok(Math.abs((angle?.median ?? 0) - 45) < 1e-4);
  t.ok(Math.abs((angle?.mean ?? 0) - 45) < 1e-4);
  t.ok((angle?.deviation ?? 1) < 1e-4);
  t.end();
});

test('backpropagation’s own path is the true one', (t) => {
  const health = healthOf(network('bp', weight, [], rivalOne));
  t.ok((health.angle?.percentile95 ?? 1) < 1e-4);
  t.same(countOf(health, 'margin', 'feedback'), { ...countOf(health, 'margin', 'true'), path: 'feedback' });
  t.end();
});

test('a softmax that has saturated has no cross-entropy gradient, but the margin has one', (t) => {
  const health = healthOf(network('fa', weight, feedback, [500, 0, -9]));
  t.equal(countOf(health, 'cross-entropy', 'true')?.zero, count);
  t.equal(countOf(health, 'cross-entropy', 'feedback')?.zero, count);
  t.equal(countOf(health, 'margin', 'true')?.zero, 0);
  t.end();
});

test('a gradient of zero on one path gives no angle; one that is not finite is counted', (t) => {
  const none = healthOf(network('fa', weight, new Array(12).fill(0), rivalOne));
  t.equal(countOf(none, 'margin', 'feedback')?.zero, count);
  t.equal(none.angle, undefined);
  const broken = healthOf(network('fa', weight, feedback.map((value) => value / 0 || 0), rivalOne)); // biome-ignore format: one line
  t.equal(countOf(broken, 'margin', 'feedback')?.notFinite, count);
  t.equal(countOf(broken, 'margin', 'true')?.notFinite, 0);
  t.end();
});

test('where logits are NaN or infinite there is no gradient: a ReLU that lets none through does not make it zero', (t) => {
  const layers = [
    flatten('flatten', [1, 2, 2]),
    linear('fc1', [4], { outputs: 3 }),
    activation('relu', [3], relu),
    linear('fc2', [3], { outputs: 3 }),
  ];
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const made = networkOf(layers, 'bp', referenceKernels());
    weightsOf(made, 'fc1.weight').fill(0);
    weightsOf(made, 'fc1.bias').fill(-1); // nothing passes the ReLU, in either direction
    weightsOf(made, 'fc2.bias').set([bad, 0, 0]);
    const health = healthOf(made);
    for (const { zero, notFinite } of health.counts)
      t.same({ zero, notFinite }, { zero: 0, notFinite: count }, `${bad}`);
    weightsOf(made, 'fc2.bias').fill(0);
    for (const { zero, notFinite } of healthOf(made).counts) t.same({ zero, notFinite }, { zero: count, notFinite: 0 });
  }
  t.end();
});

test('the summary is the same however the pieces were shared out', (t) => {
  const made = network(
    'fa',
    Array.from(weight, () => random.normal()),
    Array.from(weight, () => random.normal()),
  );
  const reversed: Crew = {
    ...solo(),
    claim: (
      (next) => () =>
        next--
    )(1),
  };
  t.same(gradientHealth(inspectGradients(made, images, reversed)), healthOf(made));
  t.end();
});

test('a spread is given by its mean, standard deviation and percentiles', (t) => {
  const angles = Array.from({ length: 101 }, (_, i) => 100 - i);
  t.same(summarize([Number.NaN, ...angles]), {
    images: 101,
    mean: 50,
    deviation: Math.sqrt(850),
    percentile5: 5,
    median: 50,
    percentile95: 95,
  });
  t.equal(summarize([Number.NaN]), undefined);
  t.end();
});
