/* Finished runs as a sweep leaves them, made up. */
import { configFrom } from '../../../src/commands/options.js';
import type { Results } from '../../../src/report/run/results.js';
import type { FinishedRun } from '../../../src/sweep/compare/read.js';
import { exampleAudit } from '../../helpers/audit-example.js';
import { exampleResults, point } from '../../helpers/results-example.js';

interface Options {
  readonly options?: Parameters<typeof configFrom>[1];
  readonly seed?: number;
  readonly folder?: string;
  /** Images of 1,000 that BP keeps at every epsilon; by default those of the example. */
  readonly bp?: number;
  readonly results?: Partial<Results>;
  readonly metrics?: FinishedRun['metrics'];
  readonly audit?: FinishedRun['audit'];
}

export function finishedRun({ options, seed = 1, folder, bp, results, metrics, audit }: Options = {}): FinishedRun {
  const example = exampleResults({ attacks: ['fgsm'], epsilons: [0, 0.3] });
  const curves = example.curves.map((curve) =>
    bp === undefined || curve.target !== 'bp'
      ? curve
      : { ...curve, points: curve.points.map((p) => point(p.epsilon, bp)) },
  );
  const line = { epoch: 1, loss: 1, trainAccuracy: 0.5, testAccuracy: 0.5, learningRate: 0.1, seconds: 1 };
  return {
    folder: folder ?? `out/mnist-${seed}`,
    config: configFrom('mnist', { attacks: 'fgsm', epsilons: '0,0.3', ...options, seed: `${seed}` }, 'simd'),
    results: { ...example, seed, curves, ...results },
    metrics: metrics ?? [
      { rule: 'bp', ...line, gradientAngles: { conv1: 0, fc1: 0 } },
      { rule: 'fa', ...line, gradientAngles: { conv1: 30, fc1: null }, weightAngles: { conv1: 90, fc1: 90 } },
      { rule: 'fa', ...line, epoch: 2, gradientAngles: { conv1: 80 + seed, fc1: null }, weightAngles: { conv1: 89 } },
    ],
    audit,
  };
}

export const audited = (seed: number, worstCase: number, images = 1000): NonNullable<FinishedRun['audit']> => ({
  ...exampleAudit,
  seed,
  testImages: images,
  models: Object.fromEntries(
    Object.entries(exampleAudit.models).map(([name, model]) => [
      name,
      { ...model, points: model.points.map((each) => ({ ...each, worstCase })) },
    ]),
  ),
});
