import type { Curve, CurvePoint, Results } from '../../src/report/run/results.js';

/** One point of a made-up curve over 1,000 images. */
export function point(epsilon: number, correct: number, zeroGradient = 0): CurvePoint {
  return { epsilon, correct, total: 1000, accuracy: correct / 1000, zeroGradient };
}

interface Options {
  readonly attacks?: readonly string[];
  readonly networks?: readonly string[];
  readonly paths?: readonly Curve['path'][];
  readonly epsilons?: readonly number[];
  /** Images of 1,000 whose gradient in FA is zero. */
  readonly faZeros?: number;
}

/** The accuracies of the paper's picture: BP falls, FA stays flat, examples of BP carry over to FA, not the reverse. */
const shape: Readonly<Record<string, (epsilon: number) => number>> = {
  'bp bp': (epsilon) => Math.max(0, 989 - 3300 * epsilon),
  'fa fa': () => 965,
  'bp fa': (epsilon) => 965 - 900 * epsilon,
  'fa bp': (epsilon) => 989 - 20 * epsilon,
};

/** Results like a real run's, in which each attack is one image in 1,000 stronger than the one before. */
export function exampleResults(options: Options = {}): Results {
  const { attacks = ['fgsm', 'bim', 'mi-fgsm'], networks = ['bp', 'fa'], paths = ['feedback'] } = options;
  const epsilons = options.epsilons ?? Array.from({ length: 11 }, (_, index) => index / 10);
  const curves: Curve[] = networks.flatMap((source) =>
    networks.flatMap((target) =>
      paths.flatMap((path) =>
        attacks.map((attack, rank) => ({
          attack,
          source,
          target,
          path,
          loss: 'cross-entropy',
          points: epsilons.map((epsilon) => {
            const correct = Math.round(shape[`${source} ${target}`]!(epsilon)) - (epsilon === 0 ? 0 : rank);
            return point(epsilon, Math.max(0, correct), source === 'fa' ? (options.faZeros ?? 961) : 0);
          }),
        })),
      ),
    ),
  );
  const models = {
    bp: { cleanAccuracy: 0.989, trainSeconds: 60.125 },
    fa: { cleanAccuracy: 0.965, trainSeconds: 131 },
  };
  return {
    schema: 1,
    dataset: 'mnist',
    seed: 7,
    testImages: 1000,
    models: Object.fromEntries(Object.entries(models).filter(([name]) => networks.includes(name))),
    curves,
    environment: { node: 'v20.0.0', workers: 2, backend: 'simd', cpu: 'a CPU' },
  };
}
