import {
  activation,
  attacks,
  type Backend,
  conv2d,
  flatten,
  initialParameters,
  type Kernels,
  linear,
  losses,
  maxPool,
  Network,
  normalize,
  perturb,
  relu,
  rules,
  stream,
  tensor,
  train,
} from '../../src/core.js';

/** Everything that a machine could have computed otherwise. */
export interface SmallResult {
  readonly backend: Backend;
  readonly weights: number[];
  readonly losses: number[];
  readonly adversarial: number[];
}

/** Trains a small convolutional network by feedback alignment, and attacks it. */
export function trainSmall(kernels: Kernels<Float32Array>): SmallResult {
  const layers = [
    normalize('normalize', [1, 8, 8], { mean: [0.5], std: [0.25] }),
    conv2d('conv', [1, 8, 8], { outputs: 4, kernel: 3, padding: 1 }),
    activation('relu', [4, 8, 8], relu),
    maxPool('pool', [4, 8, 8], { kernel: 2 }),
    flatten('flatten', [4, 4, 4]),
    linear('fc', [64], { outputs: 5 }),
  ];
  const options = { seed: 1, initializer: 'kaiming-uniform', usesFeedback: true } as const;
  const network = new Network(layers, rules.fa, kernels, initialParameters(layers, kernels, options));
  const random = stream(7);
  const count = 90;
  const pixels = Uint8Array.from({ length: count * 64 }, () => random.integer(0, 255));
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 5);
  const means: number[] = [];
  train(network, { pixels, labels, count }, { epochs: 3, optimizer: 'adam', learningRate: 0.01 }, (_, { loss }) => {
    means.push(loss);
  });
  const images = tensor(
    Float32Array.from(pixels.subarray(0, 20 * 64), (pixel) => pixel / 255),
    [20, 1, 8, 8],
  );
  const adversarial = perturb(
    attacks.bim,
    images,
    labels.slice(0, 20),
    (x, y) => network.inputGradient(x, y, { path: 'true', loss: losses['cross-entropy'] }),
    { epsilon: 0.1 },
  );
  return {
    backend: kernels.backend,
    weights: [...network.parameters.values],
    losses: means,
    adversarial: [...adversarial.data],
  };
}
