import { test } from 'tap';
import { linear } from '../../src/layers/linear.js';
import { createNetwork, networkSpec } from '../../src/models/create.js';
import { type InitializerName, initializers } from '../../src/models/initialize.js';
import { lenet5 } from '../../src/models/lenet.js';
import { initialParameters, parameterLayout, view } from '../../src/models/parameters.js';
import { stream } from '../../src/tensor/random.js';
import { referenceKernels } from '../../src/tensor/reference.js';
import { dot, sameBits } from '../helpers/arrays.js';
import { mnistSpec, weightsOf } from '../helpers/networks.js';

const layers = lenet5(mnistSpec);
const { slots, feedbackSlots } = parameterLayout(layers);
const initial = (seed: number, usesFeedback: boolean, initializer: InitializerName = 'kaiming-uniform') =>
  initialParameters(layers, referenceKernels(), { seed, initializer, usesFeedback });

/** Mean and standard deviation, with the largest magnitude. */
function summary(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((max, v) => Math.max(max, Math.abs(v)), 0) };
}

test('one seed begins with the same numbers every time, another with others', async (t) => {
  t.ok(sameBits(initial(1, true).values, initial(1, true).values));
  t.ok(sameBits(initial(1, true).feedback, initial(1, true).feedback));
  t.notOk(sameBits(initial(1, true).values, initial(2, true).values));
  t.notOk(sameBits(initial(1, true).feedback, initial(2, true).feedback));
});

test('networks of one seed begin with the same weights whatever their rule', async (t) => {
  const [fa, bp] = [initial(1, true), initial(1, false)];
  t.ok(sameBits(fa.values, bp.values));
  t.equal(fa.feedback.length, 61_470);
  t.equal(bp.feedback.length, 0, 'a rule without feedback has none');
});

test("a seed's first weights never change: every saved run can be repeated", async (t) => {
  const { values, feedback } = initial(1, true, 'truncated-normal');
  t.same(
    [...values.subarray(0, 3), ...feedback.subarray(0, 3)].map((value) => Number(value.toFixed(7))),
    [0.0077618, 0.0513674, -0.0536472, 0.1719503, -0.0725755, 0.0289987],
  );
});

test('weights and biases tile the flat array, in the order of the layers; so do feedback weights', async (t) => {
  for (const list of [slots, feedbackSlots]) {
    let end = 0;
    for (const { offset, length, shape } of list) {
      t.equal(offset, end);
      t.equal(
        length,
        shape.reduce((product, extent) => product * extent, 1),
      );
      end += length;
    }
  }
  t.equal(parameterLayout([]).parameterCount, 0);
});

test('biases begin at zero', async (t) => {
  for (const initializer of Object.keys(initializers) as InitializerName[]) {
    const { values } = initial(1, false, initializer);
    for (const { name } of slots) {
      if (name.endsWith('.bias'))
        t.ok(
          view(values, slots, name).every((value) => value === 0),
          name,
        );
    }
  }
});

test('truncated normal: σ = 0.1 cut at 2σ, whatever the layer', async (t) => {
  const { values, feedback } = initial(1, true, 'truncated-normal');
  for (const part of [
    view(values, slots, 'fc1.weight'),
    view(values, slots, 'fc2.weight'),
    view(feedback, feedbackSlots, 'fc1.feedback'),
  ]) {
    const { mean, deviation, largest } = summary(part);
    t.ok(Math.abs(mean) < 4 * (0.088 / Math.sqrt(part.length)), `mean ${mean}`);
    t.ok(Math.abs(deviation - 0.1 * Math.sqrt(0.773741)) < 0.002, `deviation ${deviation}`);
    t.ok(largest <= Math.fround(0.2) && largest > 0.199, `largest ${largest}`);
  }
});

test('Kaiming-uniform: ±1/√fanIn, layer by layer', async (t) => {
  const { values, feedback } = initial(1, true);
  const fanIn = { conv1: 25, conv2: 150, fc1: 400, fc2: 120, fc3: 84 };
  for (const [name, inputs] of Object.entries(fanIn)) {
    const bound = 1 / Math.sqrt(inputs);
    for (const part of [view(values, slots, `${name}.weight`), view(feedback, feedbackSlots, `${name}.feedback`)]) {
      const { deviation, largest } = summary(part);
      t.ok(largest <= Math.fround(bound) && largest > 0.97 * bound, `${name}: largest ${largest} of ${bound}`);
      const allowed = 4 * bound * Math.sqrt(1 / 15 / part.length); // four standard errors
      t.ok(Math.abs(deviation - bound / Math.sqrt(3)) < allowed, `${name}: deviation ${deviation}`);
    }
  }
});

test('feedback weights are independent of the weights, and layers of each other', async (t) => {
  const { values, feedback } = initial(1, true);
  const correlation = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  for (const name of ['conv2', 'fc1', 'fc2', 'fc3']) {
    const [w, b] = [view(values, slots, `${name}.weight`), view(feedback, feedbackSlots, `${name}.feedback`)];
    t.ok(Math.abs(correlation(w, b)) < 4 / Math.sqrt(w.length), name);
  }
  const [fc1, fc2] = [view(values, slots, 'fc1.weight'), view(values, slots, 'fc2.weight')];
  t.ok(Math.abs(correlation(fc1.subarray(0, fc2.length), fc2)) < 4 / Math.sqrt(fc2.length));
});

test('a layer keeps its weights when layers are added elsewhere', async (t) => {
  const options = { seed: 1, initializer: 'kaiming-uniform', usesFeedback: true } as const;
  const more = layers.toSpliced(-1, 0, linear('extra', [84], { outputs: 84 }));
  const others = initialParameters(more, referenceKernels(), options);
  const layout = parameterLayout(more);
  t.ok(sameBits(view(others.values, layout.slots, 'fc3.weight'), view(initial(1, true).values, slots, 'fc3.weight')));
});

test('initializers draw from the stream they are given alone', async (t) => {
  for (const draw of Object.values(initializers)) {
    const [a, b] = [new Float32Array(5), new Float32Array(5)];
    draw(a, 4, stream(3));
    draw(b, 4, stream(3));
    t.ok(sameBits(a, b));
  }
});

test('a name that no tensor has is refused', async (t) => {
  t.throws(() => view(new Float32Array(3), slots, 'conv3.weight'), /conv3\.weight/);
});

test('createNetwork makes the network of a data set, ready to use', async (t) => {
  const facts = { shape: [1, 28, 28], classes: [...'0123456789'], mean: [0.1307], std: [0.3081] };
  t.same(networkSpec(facts), mnistSpec);
  t.equal(networkSpec(facts, { activation: 'tanh' }).activation, 'tanh');
  const network = createNetwork(networkSpec(facts), { rule: 'fa', seed: 3, initializer: 'truncated-normal' });
  const expected = initial(3, true, 'truncated-normal');
  t.ok(sameBits(network.parameters.values, expected.values));
  t.ok(sameBits(network.parameters.feedback, expected.feedback));
  t.equal(network.rule.label, 'FA');
  t.equal(weightsOf(createNetwork(mnistSpec, { rule: 'bp' }), 'fc3.weight').length, 840);
  t.equal(createNetwork(mnistSpec, { rule: 'bp' }).parameters.feedback.length, 0);
});
