import { test } from 'tap';
import {
  accuracy,
  alignment,
  attacks,
  createNetwork,
  DifferenceQuotients,
  decodeCheckpoint,
  ExampleMaker,
  encodeCheckpoint,
  Heap,
  loadKernels,
  loadNetwork,
  losses,
  type Network,
  networkOracle,
  perturb,
  saveNetwork,
  Tracer,
  train,
} from '../../src/core.js';
import { backends } from '../../src/tensor/kernels.js';
import { randomLabels } from '../helpers/arrays.js';
import { mnistSpec, noiseImages } from '../helpers/networks.js';

const count = 18;
const images = noiseImages(count, [1, 28, 28]);
const labels = randomLabels(count, 10, 1);
const pictures = { pixels: Uint8Array.from(images.data, (x) => 255 * x), labels, count };
const question = { path: 'feedback', loss: losses['cross-entropy'] } as const;

/** All that the library does with a network. */
const uses: Readonly<Record<string, (network: Network<Float32Array>) => void>> = {
  logits: (network) => network.logits(images),
  predict: (network) => network.predict(images),
  inputGradient: (network) => network.inputGradient(images, labels, question),
  accuracy: (network) => accuracy(network, images, labels),
  alignment: (network) => alignment(network, pictures),
  networkOracle: (network) => networkOracle(network, question, count).gradient(images.data, labels, count),
  perturb: (network) =>
    perturb(attacks.fgsm, images, labels, networkOracle(network, question, count), { epsilon: 0.1 }),
  Tracer: (network) => new Tracer(network).trace(images.data.subarray(0, 784), labels[0], question.loss),
  ExampleMaker(network) {
    const settings = { ...question, attack: attacks.apgd, epsilon: 0.1, iterations: 2, seed: 1 };
    const maker = new ExampleMaker(network, 2);
    maker.make(images.data.subarray(0, 2 * 784), labels.subarray(0, 2), 0, settings);
    maker.release();
  },
  DifferenceQuotients: (network) =>
    new DifferenceQuotients(network).at(
      { layer: 1, tensor: 'weight', offset: 0, index: [0, 0, 0, 0] },
      images.data.subarray(0, 784),
      labels[0],
      question.loss,
    ),
  'train, by SGD': (network) => train(network, pictures, { optimizer: 'sgd' }),
  'train, by Adam': (network) => train(network, pictures, { optimizer: 'adam', batchSize: 7 }),
  'load a network': ({ kernels, parameters }) =>
    loadNetwork(saveNetwork(mnistSpec, 'fa', parameters), 'test', kernels).release(),
  'fail to load one': ({ kernels, parameters }) => {
    const { tensors, metadata } = decodeCheckpoint(saveNetwork(mnistSpec, 'fa', parameters), 'test');
    const { 'fc3.bias': _, ...others } = tensors;
    const incomplete = encodeCheckpoint({ tensors: others, metadata });
    try {
      loadNetwork(incomplete, 'test', kernels);
    } catch {
      return;
    }
    throw new Error('a network without a tensor was loaded');
  },
};

for (const backend of backends) {
  test(`whatever is done with networks, doing it again takes no more memory (${backend} kernels)`, async (t) => {
    const heap = new Heap();
    const kernels = await loadKernels(backend, heap);
    const useAll = () => {
      const network = createNetwork(mnistSpec, { rule: 'fa', kernels });
      for (const [name, use] of Object.entries(uses)) {
        use(network);
        const { used } = heap;
        use(network);
        t.equal(heap.used, used, name);
      }
      network.release();
    };
    useAll();
    const { used } = heap;
    useAll();
    t.equal(heap.used, used, 'also with another network');
  });
}
