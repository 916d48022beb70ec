import { test } from 'tap';
import { crossEntropy } from '../../src/losses/cross-entropy.js';
import { losses } from '../../src/losses/index.js';
import { alignment } from '../../src/metrics/alignment.js';
import { activations } from '../../src/models/lenet.js';
import { extent, softmax, walk } from '../../src/models/trace.js';
import { DifferenceQuotients } from '../../src/models/trace-check.js';
import { equation } from '../../src/models/trace-equation.js';
import { parsePlace, placeAt, placeName, shapeOf, tracedTensors, valuesOf } from '../../src/models/trace-place.js';
import { summaryOf } from '../../src/models/trace-summary.js';
import { Tracer } from '../../src/models/tracer.js';
import { type RuleName, rules } from '../../src/rules/index.js';
import { loadKernels } from '../../src/tensor/backends.js';
import { backends } from '../../src/tensor/kernels.js';
import { float64Kernels, referenceKernels } from '../../src/tensor/reference.js';
import { sizeOf } from '../../src/tensor/tensor.js';
import { sameBits } from '../helpers/arrays.js';
import { handNetwork } from '../helpers/hand-network.js';
import { lenetOf, mnistSpec, noiseImages, parameterGradient } from '../helpers/networks.js';

const image = noiseImages(1, [1, 28, 28]).data;
const label = 3;
const traceOf = (rule: RuleName) => new Tracer(lenetOf(rule, float64Kernels())).trace(image, label, crossEntropy);

test('the network worked by hand, number by number', async (t) => {
  const { network, loss, x } = handNetwork('fa');
  const { layers, logits, prediction } = new Tracer(network).trace(x.data, 0, loss);
  const [fc1, relu, fc2] = layers;
  t.same([...fc1.x], [1, 2]);
  t.same([...fc1.y], [1, 1, -1]);
  t.same([...relu.y], [1, 1, 0], 'and the activation has not written over its input');
  t.same([...logits], [3, 9]);
  t.equal(prediction, 1);
  t.same([...fc2.own.dy], [1, -2]);
  t.same([...fc2.own.dx], [1, -3, -9], 'B₂ᵀδ₂');
  t.same([...fc2.exact.dx], [-7, -8, -9], 'W₂ᵀδ₂');
  t.same([...relu.own.dx], [1, -3, 0], 'the silent unit lets nothing through');
  t.same([...(relu.slope ?? [])], [1, 1, 0]);
  t.same([...(fc2.own.dw ?? [])], [1, 1, 0, -2, -2, 0]);
  t.same([...(fc1.own.dw ?? [])], [1, 2, -3, -6, 0, 0]);
  t.same([...(fc1.exact.dw ?? [])], [-7, -14, -8, -16, 0, 0]);
  t.same([...(fc2.own.carrier ?? [])], [1, 1, 1, 0, 2, 5]);
  t.same([...(fc2.exact.carrier ?? [])], [1, 2, 3, 4, 5, 6]);
  t.equal(fc2.gradientAngle, 0, 'the top layer needs no error from above');
});

test('the walk goes up through every layer, to the loss, and down again', async (t) => {
  const steps = walk(new Tracer(handNetwork('bp').network).trace(Float64Array.of(1, 2), 0, handNetwork('bp').loss));
  t.same(
    steps.map(({ phase, layer }) => `${phase} ${layer ?? ''}`.trim()),
    ['forward 0', 'forward 1', 'forward 2', 'loss', 'backward 2', 'backward 1', 'backward 0'],
  );
});

test('a trace holds the very bits that training and attacks compute, along both ways', async (t) => {
  for (const backend of backends) {
    for (const rule of Object.keys(rules) as RuleName[]) {
      const network = lenetOf(rule, await loadKernels(backend));
      const labels = Uint8Array.of(label);
      const pixels = noiseImages(1, [1, 28, 28]);
      const { layers, logits } = new Tracer(network).trace(image, label, crossEntropy);
      t.ok(sameBits(logits, network.logits(pixels).data.slice()), `${backend}, ${rule}: logits`);
      for (const [way, path] of [
        ['own', 'feedback'],
        ['exact', 'true'],
      ] as const) {
        const expected = network.inputGradient(pixels, labels, { path, loss: crossEntropy }).data;
        t.ok(sameBits(layers[0][way].dx, expected), `${backend}, ${rule}, ${path}: pixels`);
        const flat = parameterGradient(network, image, labels, {
          loss: crossEntropy,
          rule: path === 'true' ? rules.bp : network.rule,
        }).slice();
        const own = layers.flatMap((layer) => (layer.weights ? [layer[way].dw, layer[way].db] : []));
        const joined = Float32Array.from(own.flatMap((part) => [...(part ?? [])]));
        t.ok(sameBits(joined, flat), `${backend}, ${rule}, ${path}: weights`);
      }
    }
  }
});

test('a second image leaves the first one’s trace alone', async (t) => {
  const tracer = new Tracer(lenetOf('fa', referenceKernels()));
  const first = tracer.trace(image, label, crossEntropy);
  const before = structuredClone(summaryOf(first));
  const second = tracer.trace(
    image.map((value) => 1 - value),
    4,
    crossEntropy,
  );
  t.same(summaryOf(first), before);
  t.notSame(summaryOf(second).logits, before.logits);
  t.same(summaryOf(tracer.trace(image, label, crossEntropy)), before, 'and can be had again');
});

test('angles are those that alignment measures', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const pixels = Uint8Array.from(image, (value) => Math.round(255 * value));
  const images = { pixels, labels: Uint8Array.of(label), count: 1 };
  const scaled = Float64Array.from(pixels, (value) => value / 255);
  const { layers } = new Tracer(network).trace(scaled, label, crossEntropy);
  const angles = new Map(alignment(network, images).map((layer) => [layer.layer, layer]));
  for (const { name, weights, gradientAngle, errorAngle } of layers) {
    if (weights) t.equal(gradientAngle, angles.get(name)?.gradientAngle, name);
    if (weights && name !== 'conv1') t.equal(errorAngle, angles.get(name)?.errorAngle, `below ${name}`);
    if (weights) continue;
    t.equal(gradientAngle, undefined, `${name} has no weights`);
  }
});

test('the angle of the errors that reach the pixels is that of the lowest weighted layer', async (t) => {
  const network = lenetOf('fa', float64Kernels());
  const pixels = Uint8Array.from(image, (value) => Math.round(255 * value));
  const scaled = Float64Array.from(pixels, (value) => value / 255);
  const { layers } = new Tracer(network).trace(scaled, label, crossEntropy);
  const [conv1] = alignment(network, { pixels, labels: Uint8Array.of(label), count: 1 });
  t.equal(conv1.errorAngle, layers[0].errorAngle);
});

test('shares of zeros and ranges count what they say', async (t) => {
  t.same(extent(Float32Array.of(0, -3, 4, -0)), { least: -3, greatest: 4, size: 5, zeros: 0.5 });
  t.same([...softmax(Float32Array.of(1000, 1000))], [0.5, 0.5]);
  const { layers } = traceOf('fa');
  const relu = layers.find(({ name }) => name === 'relu1');
  t.equal(relu?.output.zeros, [...(relu?.y ?? [])].filter((value) => value === 0).length / (relu?.y.length ?? 1));
});

for (const [rule, activation] of [
  ...Object.keys(activations).map((name) => ['fa', name] as const),
  ...(Object.keys(rules) as RuleName[]).map((name) => [name, 'relu'] as const),
] as [RuleName, keyof typeof activations][]) {
  test(`every number of a ${activation} LeNet by ${rule} is what its equation says`, async (t) => {
    const network = lenetOf(rule, float64Kernels(), { ...mnistSpec, activation });
    const trace = new Tracer(network).trace(image, label, crossEntropy);
    const wrong: string[] = [];
    let sums = 0;
    for (const [l, layer] of trace.layers.entries()) {
      for (const tensor of tracedTensors) {
        const size = sizeOf(shapeOf(layer, tensor) ?? [0]);
        for (const way of ['own', 'exact'] as const) {
          // Some of each tensor: such steps meet corners, edges and insides.
          for (let offset = 0; offset < size; offset += Math.max(1, Math.floor(size / 23))) {
            const place = placeAt(trace, l, tensor, offset);
            const { value, terms, constant } = equation(trace, place, way);
            if (value !== valuesOf(layer, tensor, way)[offset]) wrong.push(placeName(trace, place));
            if (terms.length === 0 && constant === undefined) continue;
            const sum = terms.reduce((all, { left, right }) => all + left.value * right.value, constant?.value ?? 0);
            sums++;
            if (!(Math.abs(sum - value) <= 1e-12 * Math.max(1, Math.abs(value)))) {
              wrong.push(`${placeName(trace, place)} ${way}: ${sum} is not ${value}`);
            }
          }
        }
      }
    }
    t.same(wrong, []);
    t.ok(sums > 2000, `${sums} sums were tried`);
  });
}

test('an error that comes straight from the output is told as that: from each class, by its weight', async (t) => {
  const { network, loss, x } = handNetwork('dfa');
  const trace = new Tracer(network).trace(x.data, 0, loss);
  const { formula, terms, value } = equation(trace, parsePlace('fc1.dx[1]', trace), 'own');
  t.match(formula, /straight from the output/);
  t.same(
    terms.map(({ left, right }) => [left.name, left.value, right.name, right.value]),
    [
      ['fc1.feedback[0,1]', 2, 'dLoss/dz[0]', 1],
      ['fc1.feedback[1,1]', 4, 'dLoss/dz[1]', -2],
    ],
  );
  t.equal(value, -6);
  const target = traceOf('drtp');
  const made = equation(target, parsePlace('fc1.dx[7]', target), 'own');
  t.same(
    made.terms.map(({ right }) => right.value),
    Array.from({ length: 10 }, (_, c) => (c === label ? 1 : 0)),
  );
  t.equal(made.terms[label].left.value, made.value);
});

test('pooling’s equations name the numbers of the window, and errors take their way back through the winner', async (t) => {
  const trace = traceOf('bp');
  const pool = equation(trace, parsePlace('pool1.y[2,3,4]', trace), 'own');
  t.same(
    pool.inputs.map(({ name }) => name),
    ['pool1.x[2,6,8]', 'pool1.x[2,6,9]', 'pool1.x[2,7,8]', 'pool1.x[2,7,9]'],
  );
  t.equal(pool.value, Math.max(...pool.inputs.map(({ value }) => value)));
  const shares = pool.inputs.map(
    ({ name }) => equation(trace, parsePlace(name.replace('.x', '.dx'), trace), 'own').value,
  );
  t.equal(shares.filter((value) => value !== 0).length, 1, 'one of the four');
});

test('difference quotients agree with backpropagation everywhere, and not with feedback alignment below the top', async (t) => {
  for (const [rule, loss] of [
    ['bp', losses['cross-entropy']],
    ['fa', losses['cross-entropy']],
    ['fa', losses.margin],
  ] as const) {
    const network = lenetOf(rule, float64Kernels());
    const trace = new Tracer(network).trace(image, label, loss);
    const quotients = new DifferenceQuotients(network);
    for (const [name, top] of [
      ['conv1.weight[3,0,2,2]', false],
      ['conv1.bias[1]', false],
      ['conv1.dx[0,14,14]', false],
      ['conv2.weight[7,3,1,4]', false],
      ['pool1.dy[1,5,5]', false],
      ['relu2.y[3,4,4]', false],
      ['fc1.dx[37]', false],
      ['fc2.weight[3,11]', false],
      ['fc3.weight[2,40]', true],
      ['fc3.dy[3]', true],
    ] as const) {
      const place = parsePlace(name, trace);
      const quotient = quotients.at(place, image, label, loss);
      const { tensor, layer, offset } = place;
      const seen = tensor === 'y' ? 'dy' : tensor;
      const exact = valuesOf(trace.layers[layer], seen, 'exact')[offset];
      const own = valuesOf(trace.layers[layer], seen, 'own')[offset];
      const tolerance = 1e-7 * Math.max(1, Math.abs(exact));
      t.ok(Math.abs(quotient - exact) < tolerance, `${rule} ${name}: ${quotient} is near ${exact}`);
      if (rule === 'bp' || top) t.equal(own, exact);
      else if (exact !== 0) t.notOk(Math.abs(quotient - own) < tolerance, `${rule} ${name}: ${own} is not`);
    }
  }
});

test('a quotient leaves the network as it was', async (t) => {
  const network = lenetOf('fa', referenceKernels());
  const before = network.parameters.values.slice();
  const trace = new Tracer(network).trace(image, label, crossEntropy);
  const quotients = new DifferenceQuotients(network);
  const place = parsePlace('conv1.weight[0,0,0,0]', trace);
  const first = quotients.at(place, image, label, crossEntropy);
  quotients.at(parsePlace('fc1.dx[3]', trace), image, label, crossEntropy);
  t.equal(quotients.at(place, image, label, crossEntropy), first);
  t.ok(sameBits(network.parameters.values.slice(), before));
});

test('a place that is none is refused with what there is', async (t) => {
  const trace = traceOf('bp');
  for (const [text, message] of [
    ['conv1', /"conv1" names no number: write it as/],
    ['conv9.weight[0]', /no layer conv9; its layers are normalize, conv1/],
    ['relu1.weight[0]', /relu1 has no weight; accepted are x, y, dy, dx\./],
    ['conv1.z[0]', /conv1 has no z; accepted are x, y, dy, dx, weight, bias/],
    ['conv1.weight[6,0,0,0]', /conv1\.weight has the shape \[6, 1, 5, 5\], indices counted from 0/],
    ['conv1.weight[0,0,0]', /has the shape/],
    ['conv1.bias[]', /has the shape \[6\]/],
  ] as const) {
    t.throws(() => parsePlace(text, trace), { name: 'UserError', message });
  }
  t.equal(placeName(trace, parsePlace(' conv2.weight [ 15, 5,4 , 4]', trace)), 'conv2.weight[15,5,4,4]');
});
