/*
 * Every function that the package gives out is handed nonsense in the place of each of its arguments, one at a time,
 * and refuses it with an error that names the function and the argument. A function that is new must be entered here.
 */
import { join } from 'node:path';
import { test } from 'tap';
import { configFrom } from '../src/commands/options.js';
import * as library from '../src/index.js';
import { handNetwork } from './helpers/hand-network.js';
import { mnistSpec, noiseImages } from './helpers/networks.js';

/** What may stand where a number is asked for, and is none. */
const noNumber = [undefined, null, Number.NaN, Number.POSITIVE_INFINITY, '1', true, [], {}, () => 1];
const noCount = [...noNumber, 1.5, -1];
const noSeed = [...noNumber, 1.5, 2 ** 32];
const noFlag = [null, 0, 'true', {}];
const noText = [undefined, null, 5, '', {}, []];
const noName = [undefined, null, 5, '', 'constructor', 'telepathy'];
const noObject = [undefined, null, 5, 'x', [], () => 1];
const noFunction = [null, 5, 'x', {}];
const noList = [undefined, null, 5, 'x', {}, () => 1];
const noShape = [...noList, [28.5], [0], [-1], [null], ['28']];
/** For three axes. */
const noImageShape = [...noShape, [28, 28], [1, 1, 28, 28]];
const noFloats = [undefined, null, 5, 'x', {}, [1, 2], new Uint8Array(2)];
const noBytes = [undefined, null, 5, 'x', {}, [1, 2], new Float32Array(2)];
const noKernels = [null, 5, 'simd', {}, { alloc: 1 }];
const noLoss = [undefined, null, 'margin', {}, { evaluate: 1 }];
const noPath = [undefined, null, 5, 'ture', 'constructor'];
const noNetwork = [undefined, null, 5, 'bp', {}, []];

const pixel = (value: number) => {
  const images = noiseImages(2, [1, 28, 28]);
  images.data[800] = value;
  return images;
};
const noTensor = [undefined, null, 5, 'x', {}, [], new Float32Array(1568), { data: [0], shape: [1] }];
const misfits = [noiseImages(2, [28, 28]), noiseImages(2, [1, 16, 16]), noiseImages(2, [3, 32, 32])];
const notFinite = [pixel(Number.NaN), pixel(Number.POSITIVE_INFINITY)];
/** Of 0 to 255, or standardised already. */
const outside = [pixel(255), pixel(1.001), pixel(-0.4)];
const noLabels = [...noBytes, new Uint8Array(1), new Uint8Array(3), Uint8Array.of(1, 10)];

const spec = mnistSpec;
const kernels = library.referenceKernels();
const network = library.createNetwork(spec, { rule: 'fa', kernels });
const images = noiseImages(2, [1, 28, 28]);
const labels = Uint8Array.of(1, 2);
const loss = library.losses.margin;
const question = { path: 'true', loss } as const;
const oracle = library.networkOracle(network, question, 2);
const set = { pixels: new Uint8Array(4 * 784), labels: Uint8Array.of(0, 1, 2, 9), count: 4 };
const { layers, x } = handNetwork('bp');
const parameters = { ...network.parameters };
const saved = library.saveNetwork(spec, 'fa', parameters);
const training = { ...library.defaultTraining, batchSize: 4 };
const memory = library.trainingMemory(network, training);
const tracer = new library.Tracer(network);
const image = images.data.slice(0, 784);
const trace = tracer.trace(image, 3, loss);
const place = library.parsePlace('conv1.weight[3,0,2,2]', trace);
const random = library.stream(1);
const example = { ...question, attack: library.attacks.bim, seed: 1, epsilon: 0.1 };
const facts = { shape: [1, 28, 28], classes: ['a', 'b'], mean: [0.5], std: [0.2] };
const settings = { out: join('out', 'never'), workers: 1, force: false, progress: library.silent };

const noImages = {
  images: noObject,
  'images.count': [...noCount, 3, 5],
  'images.pixels': [...noBytes, new Uint8Array(4 * 784 + 1)],
  'images.labels': [...noBytes, new Uint8Array(3), new Uint8Array(5)],
};
/** Where images are for a network: of another size, or of a class that it doesn't have. */
const noImagesOfNetwork = {
  ...noImages,
  'images.pixels': [...noImages['images.pixels'], new Uint8Array(4 * 256), new Uint8Array(4 * 3072)],
  'images.labels': [...noImages['images.labels'], Uint8Array.of(1, 2, 3, 10)],
};
const noSpec = (argument: string) => ({
  [argument]: noObject,
  [`${argument}.inputShape`]: noImageShape,
  [`${argument}.classes`]: [...noCount, 0, 1, 65_537, 1e9],
  [`${argument}.mean`]: [...noList, [Number.NaN], ['0'], [undefined], [0, 0]],
  [`${argument}.std`]: [...noList, [Number.NaN], [0], [-1], []],
  [`${argument}.activation`]: noName,
});
const noParameters = {
  parameters: noObject,
  'parameters.values': [...noFloats, new Float32Array(10)],
  // Empty, under a rule that sends errors through it, it would look just like a masked gradient.
  'parameters.feedback': [...noFloats, new Float32Array(0), new Float32Array(10)],
  'parameters.initializer': [null, 5, '', 'constructor'],
};
const noOptions = (names: Readonly<Record<string, readonly unknown[]>>) => ({
  options: noObject,
  'options.learnRate': [0.1], // a name that no option has
  ...Object.fromEntries(Object.entries(names).map(([name, values]) => [`options.${name}`, values])),
});
const noTraining = {
  ...noOptions({
    epochs: [...noCount, 0],
    batchSize: [...noCount, 0, 10.5],
    optimizer: noName,
    learningRate: [...noNumber, -1],
    decay: noName,
    warmupEpochs: [...noNumber, -1],
    momentum: [...noNumber, -0.1, 1],
    weightDecay: [...noNumber, -1],
    decoupledDecay: [...noNumber, -1],
    augment: [undefined, ...noFlag],
    seed: noSeed,
  }),
};
const noAttackOptions = {
  epsilon: [...noNumber, -0.1, 8, '0.1', 1.0001],
  iterations: [null, Number.NaN, '3', 0, 1.5, -1],
  stepSize: [null, Number.NaN, '3', 0, -1],
  momentum: [null, Number.NaN, '3', -1],
  project: noFlag,
  clip: noFlag,
  restarts: [null, Number.NaN, '3', 0, 1.5],
  queries: [null, Number.NaN, '3', 0, 1.5],
  samples: [null, Number.NaN, '3', 0, 1, 2.5],
};
const noTraced = {
  image: [...noFloats, new Float32Array(783), new Float32Array(784).fill(Number.NaN)],
  label: [...noCount, 10],
  loss: noLoss,
};
const noPlace = {
  place: noObject,
  'place.layer': [...noCount, 13],
  'place.tensor': noName,
  'place.index': noList,
  'place.offset': noCount,
};
const noTrace = { trace: noObject, 'trace.layers': noList };
const noLayerTrace = { layer: noObject, tensor: noName };
const noLayer = { name: noText, inputShape: noImageShape };
const noWindow = { kernel: [...noCount, 0, 40], stride: [null, Number.NaN, '1', 0, 1.5] };

interface Entry {
  readonly call: (...given: never[]) => unknown;
  /** A usable argument for each parameter, under the name that messages have for it, in order. */
  readonly good: Readonly<Record<string, unknown>>;
  /** What is refused in the place of an argument, or of a part of it. */
  readonly bad: Readonly<Record<string, readonly unknown[]>>;
  /** What messages begin with, if not with the function's name. */
  readonly says?: string;
  /** Whether the good arguments are left untried: they would begin hours of work. */
  readonly untried?: true;
}

const made =
  <Arguments extends readonly unknown[]>(made: new (...given: Arguments) => unknown) =>
  (...given: Arguments) =>
    new made(...given);

const functions: Readonly<Record<string, Entry>> = {
  accuracy: {
    call: library.accuracy,
    good: { network, images, labels, options: {} },
    bad: {
      network: noNetwork,
      images: [...noTensor, ...misfits, ...notFinite, ...outside, noiseImages(0, [1, 28, 28])],
      labels: noLabels,
      options: [null, 5, 'x', []],
      'options.clip': noFlag,
      'options.learnRate': [0.1],
    },
  },
  activation: {
    call: library.activation,
    good: { name: 'relu', shape: [3], phi: library.relu },
    bad: { name: noText, shape: noShape, phi: [...noObject, {}, { forward: 1, backward: 1 }] },
  },
  alignment: {
    call: library.alignment,
    good: { network, images: set },
    bad: { network: noNetwork, ...noImagesOfNetwork },
  },
  angleBetween: {
    call: library.angleBetween,
    good: { a: image, b: image },
    bad: { a: noFloats, b: [...noFloats, image.slice(1)] },
  },
  avgPool: {
    call: library.avgPool,
    says: 'avg-pool',
    good: { name: 'pool', inputShape: [1, 28, 28], options: { kernel: 2 } },
    bad: { ...noLayer, options: noObject, 'options.kernel': noWindow.kernel, 'options.stride': noWindow.stride },
  },
  batchNorm: {
    call: library.batchNorm,
    good: { name: 'bn', inputShape: [2, 4, 4] },
    bad: { name: noText, inputShape: noShape },
  },
  buildLayers: { call: library.buildLayers, good: { spec }, bad: { ...noSpec('spec'), 'spec.model': noName } },
  checkGradients: {
    call: library.checkGradients,
    good: { subject: { name: 'hand', layers, loss, statistics: 'pass' }, seed: 1 },
    bad: {
      subject: noObject,
      'subject.name': noText,
      'subject.layers': [...noList, [], [null], [{}], [layers[0], layers[0]], [...layers, layers[0]]],
      'subject.loss': noLoss,
      'subject.statistics': [null, 5, 'x', 'constructor'],
      seed: noSeed,
    },
  },
  conv2d: {
    call: library.conv2d,
    good: { name: 'conv', inputShape: [1, 28, 28], options: { outputs: 2, kernel: 5, bias: false } },
    bad: {
      ...noLayer,
      options: noObject,
      'options.outputs': [...noCount, 0],
      'options.kernel': noWindow.kernel,
      'options.stride': noWindow.stride,
      'options.padding': [null, Number.NaN, '1', 1.5, -1],
      'options.algorithm': [null, 1, 'x', 'winograd'],
      'options.bias': noFlag,
    },
  },
  createNetwork: {
    call: library.createNetwork,
    good: { spec, options: { rule: 'bp' } },
    bad: {
      ...noSpec('spec'),
      'spec.model': noName,
      ...noOptions({
        rule: noName,
        seed: [null, 1.5, '1', Number.NaN],
        initializer: [null, 'x', 5],
        kernels: noKernels,
      }),
    },
  },
  decodeCheckpoint: {
    call: library.decodeCheckpoint,
    good: { bytes: saved, name: 'fa.safetensors' },
    bad: { bytes: noBytes, name: noText },
  },
  DifferenceQuotients: {
    call: made(library.DifferenceQuotients),
    good: { network },
    bad: { network: noNetwork },
  },
  'DifferenceQuotients.at': {
    call: (...given: Parameters<library.DifferenceQuotients['at']>) =>
      new library.DifferenceQuotients(network).at(...given),
    says: 'at',
    good: { place, image, label: 3, loss },
    bad: { ...noPlace, ...noTraced },
  },
  encodeCheckpoint: {
    call: library.encodeCheckpoint,
    good: { checkpoint: { tensors: { a: { shape: [2], data: new Float32Array(2) } }, metadata: { a: '' } } },
    bad: {
      checkpoint: noObject,
      'checkpoint.tensors': [
        ...noObject,
        { tensors: null },
        { tensors: { shape: [3], data: new Float32Array(2) } },
        { tensors: { shape: [2], data: new Float64Array(2) } },
        { tensors: { shape: '2', data: new Float32Array(2) } },
      ],
      'checkpoint.metadata': [...noObject, { metadata: 5 }],
    },
  },
  equation: {
    call: library.equation,
    good: { trace, place, way: 'own' },
    bad: { ...noTrace, ...noPlace, way: noName },
  },
  ExampleMaker: {
    call: made(library.ExampleMaker),
    good: { network, capacity: 2 },
    bad: { network: noNetwork, capacity: [...noCount, 0] },
  },
  'ExampleMaker.make': {
    call: (...given: Parameters<library.ExampleMaker['make']>) => new library.ExampleMaker(network, 2).make(...given),
    says: 'make',
    good: { images: images.data, labels, first: 0, settings: example },
    bad: {
      images: [...noFloats, image, pixel(Number.NaN).data, ...outside.map(({ data }) => data)],
      labels: [...noBytes, new Uint8Array(3), Uint8Array.of(1, 10)],
      first: noCount,
      settings: noObject,
      'settings.attack': [undefined, null, 'bim', {}],
      'settings.path': noPath,
      'settings.loss': noLoss,
      'settings.seed': noSeed,
      'settings.epsilon': noAttackOptions.epsilon,
      'settings.iterations': noAttackOptions.iterations,
    },
  },
  extent: { call: library.extent, good: { values: image }, bad: { values: noFloats } },
  firstImages: { call: library.firstImages, good: { images: set, count: 2 }, bad: { ...noImages, count: noCount } },
  flatten: {
    call: library.flatten,
    good: { name: 'flatten', inputShape: [1, 2, 2] },
    bad: { name: noText, inputShape: noShape },
  },
  freeTrainingMemory: {
    call: library.freeTrainingMemory,
    good: { kernels, memory: library.trainingMemory(network, training) },
    bad: { kernels: noKernels, memory: [...noObject, {}] },
  },
  Heap: {
    call: made(library.Heap),
    good: { from: { maximumBytes: 2 ** 20 } },
    bad: { from: [null, 5, 'x', []], 'from.maximumBytes': [...noNumber.slice(1), -1, 2 ** 40] },
    says: 'Heap|heap',
  },
  ...Object.fromEntries(
    (['float32', 'float64', 'int32'] as const).map((type) => [
      `Heap.${type}`,
      {
        call: (length: number) => new library.Heap()[type](length),
        says: type,
        good: { length: 3 },
        bad: { length: noCount },
      },
    ]),
  ),
  imageBatch: {
    call: library.imageBatch,
    good: { images: set, shape: [1, 28, 28], first: 1, count: 2 },
    bad: { ...noImages, shape: [...noShape, [1, 28, 27], [3, 28, 28]], first: [...noCount, 3], count: [...noCount, 4] },
  },
  initialParameters: {
    call: library.initialParameters,
    good: { layers, kernels, options: { seed: 1, initializer: 'kaiming-uniform', usesFeedback: true } },
    bad: {
      layers: [...noList, [], [{}], [layers[0], layers[0]], [...layers, layers[0]]],
      kernels: noKernels,
      options: noObject,
      'options.seed': noSeed,
      'options.initializer': noName,
      'options.usesFeedback': [undefined, ...noFlag],
      'options.feedbackShape': noFunction,
      'options.beginFeedback': noFunction,
    },
  },
  lenet5: { call: library.lenet5, good: { options: spec }, bad: noSpec('options') },
  "models['lenet-wide']": {
    call: library.models['lenet-wide'],
    says: 'lenetWide',
    good: { options: spec },
    bad: noSpec('options'),
  },
  linear: {
    call: library.linear,
    good: { name: 'fc', inputShape: [4], options: { outputs: 2 } },
    bad: { name: noText, inputShape: noShape, options: noObject, 'options.outputs': [...noCount, 0] },
  },
  loadKernels: {
    call: library.loadKernels,
    good: { choice: { backend: 'reference' } },
    bad: {
      choice: [null, 5, []],
      'choice.backend': [null, 5, 'cuda', 'constructor'],
      'choice.heap': [null, 5, 'x', {}],
      'choice.backends': ['simd'],
    },
  },
  loadNetwork: {
    call: library.loadNetwork,
    good: { bytes: saved, file: 'fa.safetensors', kernels },
    bad: { bytes: noBytes, file: noText, kernels: [undefined, ...noKernels] },
  },
  maxPool: {
    call: library.maxPool,
    says: 'max-pool',
    good: { name: 'pool', inputShape: [1, 28, 28], options: { kernel: 2 } },
    bad: { ...noLayer, options: noObject, 'options.kernel': noWindow.kernel, 'options.stride': noWindow.stride },
  },
  Network: {
    call: made(library.Network<Float32Array>),
    good: { layers: network.layers, rule: library.rules.fa, kernels, parameters },
    bad: {
      layers: [...noList, [], [{}], [network.layers[0], network.layers[2]]],
      rule: [...noObject, 'fa', {}],
      kernels: [undefined, ...noKernels],
      ...noParameters,
    },
  },
  'Network.logits': {
    call: (given: library.Tensor) => network.logits(given),
    says: 'logits',
    good: { images },
    bad: { images: [...noTensor, ...misfits, ...notFinite] },
  },
  'Network.predict': {
    call: (given: library.Tensor) => network.predict(given),
    says: 'predict',
    good: { images },
    bad: { images: [...noTensor, ...misfits, ...notFinite] },
  },
  'Network.inputGradient': {
    call: (...given: Parameters<typeof network.inputGradient>) => network.inputGradient(...given),
    says: 'inputGradient',
    good: { images, labels, options: question },
    bad: {
      images: [...noTensor, ...misfits, ...notFinite],
      labels: noLabels,
      options: noObject,
      'options.path': noPath,
      'options.loss': noLoss,
    },
  },
  ...Object.fromEntries(
    (['workspace', 'answers'] as const).map((name) => [
      `Network.${name}`,
      {
        call: (capacity: number) => network[name](capacity),
        says: name,
        good: { capacity: 1 },
        bad: { capacity: [...noCount, 0] },
      },
    ]),
  ),
  networkOracle: {
    call: library.networkOracle,
    good: { network, options: question, capacity: 2 },
    bad: {
      network: noNetwork,
      options: noObject,
      'options.path': noPath,
      'options.loss': noLoss,
      capacity: [...noCount, 0],
    },
  },
  networkSpec: {
    call: library.networkSpec,
    good: { dataset: facts, options: {} },
    bad: {
      dataset: noObject,
      'dataset.shape': noImageShape,
      'dataset.classes': [...noList, [], ['a'], new Array(65_537).fill('a')],
      'dataset.mean': [...noList, [Number.NaN], [0, 0]],
      'dataset.std': [...noList, [0]],
      options: [null, 5, 'x', []],
      'options.model': [null, 5, 'x', 'constructor'],
      'options.activation': [null, 5, 'x', 'constructor'],
    },
  },
  normalize: {
    call: library.normalize,
    good: { name: 'normalize', inputShape: [1, 28, 28], options: { mean: [0.5], std: [0.2] } },
    bad: {
      ...noLayer,
      options: noObject,
      'options.mean': [...noList, [Number.NaN], [undefined], ['0'], [0, 0], []],
      'options.std': [...noList, [Number.NaN], [0], [-1], [1, 1], []],
    },
  },
  parseConfig: {
    call: library.parseConfig,
    good: { value: configFrom('mnist', {}, 'reference'), source: 'config.json' },
    bad: { source: noText },
  },
  parseEpsilons: {
    call: library.parseEpsilons,
    good: { text: '0,8/255' },
    bad: { text: [undefined, null, 5, [], {}] },
    says: 'parseEpsilons',
  },
  parsePlace: {
    call: library.parsePlace,
    good: { text: 'fc1.y[0]', trace },
    bad: { text: [undefined, null, 5, {}], ...noTrace },
  },
  permutation: {
    call: library.permutation,
    good: { n: 5, random },
    bad: { n: noCount, random: [...noObject, {}] },
  },
  perturb: {
    call: library.perturb,
    good: { attack: library.attacks.bim, images, labels, gradient: oracle, options: { epsilon: 0.1 } },
    bad: {
      attack: [...noObject, 'bim', {}],
      images: [...noTensor, ...misfits, ...notFinite, ...outside, x, noiseImages(2, [])],
      labels: noLabels,
      gradient: [undefined, null, 5, 'x', {}, library.networkOracle(network, question, 1)],
      ...noOptions(noAttackOptions),
    },
  },
  placeAt: {
    call: library.placeAt,
    good: { trace, layer: 1, tensor: 'weight', offset: 3 },
    bad: { ...noTrace, layer: [...noCount, 13], tensor: noName, offset: [...noCount, 150] },
  },
  placeName: { call: library.placeName, good: { trace, place }, bad: { ...noTrace, ...noPlace } },
  referenceKernels: {
    call: library.referenceKernels,
    good: { heap: new library.Heap() },
    bad: { heap: [null, 5, 'x', {}] },
  },
  residual: {
    call: library.residual,
    good: { name: 'block', inner: [layers[0]], shortcut: [layers[0]] },
    bad: {
      name: noText,
      inner: [...noList, [], [null], [{}], [layers[0], layers[0]], layers],
      shortcut: [null, 5, 'x', {}, [null], [{}], [layers[0], layers[0]], layers],
    },
  },
  runExperiment: {
    call: library.runExperiment,
    untried: true,
    good: { config: configFrom('mnist', {}, 'reference'), settings },
    bad: {
      config: [...noObject, {}],
      'config.seed': noNumber,
      settings: noObject,
      'settings.out': noText,
      'settings.workers': [...noCount, 0, 1.5, 1e9],
      'settings.force': [undefined, ...noFlag],
      'settings.progress': [...noObject, {}],
      'settings.audit': [null, 5, 'x', [], { images: 1.5 }, { epsilons: '0.1' }, { epsilons: [8] }, { image: 5 }],
      'settings.signal': [null, 5, {}],
      'settings.worker': [1],
    },
    says: 'runExperiment|The audit',
  },
  saveNetwork: {
    call: library.saveNetwork,
    good: { spec, rule: 'fa', parameters, metadata: {} },
    bad: {
      ...noSpec('spec'),
      'spec.model': noName,
      rule: noName,
      ...noParameters,
      metadata: [null, 5, 'x', [], { metadata: 5 }],
    },
  },
  shapeOf: { call: library.shapeOf, good: { layer: trace.layers[0], tensor: 'x' }, bad: noLayerTrace },
  softmax: { call: library.softmax, good: { logits: image }, bad: { logits: noFloats } },
  stream: { call: library.stream, good: { seed: -1 }, bad: { seed: noSeed } },
  summaryOf: { call: library.summaryOf, good: { trace }, bad: noTrace },
  tensor: {
    call: library.tensor,
    good: { data: image, shape: [1, 28, 28] },
    bad: { data: noFloats, shape: [...noList, [28, 27], [28.5], [-784], [null]] },
  },
  trainedLike: { call: library.trainedLike, good: { rule: library.rules.wm }, bad: { rule: noNetwork } },
  Tracer: { call: made(library.Tracer), good: { network }, bad: { network: noNetwork } },
  'Tracer.trace': {
    call: (...given: Parameters<typeof tracer.trace>) => tracer.trace(...given),
    says: 'trace',
    good: { image, label: 3, loss },
    bad: noTraced,
  },
  train: {
    call: library.train,
    good: { network, images: set, options: training, onEpoch: () => {} },
    bad: {
      network: noNetwork,
      ...noImagesOfNetwork,
      ...noTraining,
      options: [null, 5, 'x', []],
      onEpoch: noFunction,
    },
  },
  Trainer: {
    call: made(library.Trainer),
    good: { network, images: set, options: training, memory },
    bad: { network: noNetwork, ...noImagesOfNetwork, ...noTraining, memory: [...noObject, {}] },
  },
  trainingMemory: {
    call: library.trainingMemory,
    good: { network, options: training },
    bad: { network: noNetwork, ...noTraining },
  },
  valuesOf: {
    call: library.valuesOf,
    good: { layer: trace.layers[0], tensor: 'x', way: 'own' },
    bad: { ...noLayerTrace, way: noName },
  },
  widen: {
    call: library.widen,
    good: { name: 'widen', inputShape: [2, 4, 4], options: { outputs: 4, stride: 2 } },
    bad: {
      ...noLayer,
      options: noObject,
      'options.outputs': [...noCount, 0, 1],
      'options.stride': [...noCount, 0],
    },
  },
  walk: { call: library.walk, good: { trace }, bad: noTrace },
};

/** Functions that look at nothing they are given, and why. */
const unchecked: Readonly<Record<string, string>> = {
  float64Kernels: 'takes nothing',
  solo: 'takes nothing',
  loadImage: 'called for each image of each step: who calls it has looked at the images',
  ShapeError: 'takes what any error takes',
  UserError: 'takes what any error takes',
};

test('every function of the package stands in the table', async (t) => {
  const given = Object.entries(library).filter(([, value]) => typeof value === 'function');
  t.ok(given.length > 40);
  for (const [name] of given) t.ok(Object.hasOwn(functions, name) || Object.hasOwn(unchecked, name), name);
});

for (const [name, entry] of Object.entries(functions)) {
  const { call, good, bad, says = name, untried } = entry;
  test(`${name} refuses nonsense in each argument's place, by the argument's name`, async (t) => {
    if (!untried) await (call as (...given: unknown[]) => unknown)(...Object.values(good));
    const told = new Set(Object.keys(bad).map((path) => path.split('.')[0]));
    const mustBeTold = Object.keys(good).filter((argument) => name !== 'parseConfig' || argument !== 'value');
    t.same(
      mustBeTold.filter((argument) => !told.has(argument)),
      [],
      'every argument is tried',
    );
    for (const [path, values] of Object.entries(bad)) {
      for (const value of values) {
        const problem = await refusalProblem(call, Object.values(replaced(good, path.split('.'), value)), says, path);
        t.equal(problem, undefined, `${path}: ${described(value)}`);
      }
    }
  });
}

test('every row of a table that makes layers is one of those tried', async (t) => {
  t.same(Object.keys(library.models), ['lenet5', 'lenet-wide', 'resnet8', 'resnet14', 'resnet20', 'resnet32']);
});

/** The arguments with another value in one place; what lies beside it stays. */
function replaced(
  from: Readonly<Record<string, unknown>>,
  [key, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const inner = from[key] as Readonly<Record<string, unknown>>;
  return { ...from, [key]: rest.length === 0 ? value : replaced(inner, rest, value) };
}

/** What is wrong with how a call is refused; undefined if nothing is. */
async function refusalProblem(call: Entry['call'], given: readonly unknown[], says: string, path: string) {
  try {
    await (call as (...given: unknown[]) => unknown)(...given);
    return 'accepted';
  } catch (error) {
    const kinds = [library.ShapeError, library.UserError, RangeError, TypeError];
    const { message } = error as Error;
    if (!kinds.some((kind) => error instanceof kind)) return `${error}`;
    if (!new RegExp(`^(${says})\\b`).test(message)) return `names no function: ${message}`;
    const argument = path.split('.').at(-1) as string;
    return message.includes(argument) ? undefined : `names no ${argument}: ${message}`;
  }
}

function described(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return ArrayBuffer.isView(value)
    ? `${value.constructor.name} of ${value.byteLength} bytes`
    : `${JSON.stringify(value)}`.slice(0, 60);
}
