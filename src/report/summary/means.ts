/** Several runs of one configuration as one, for the figures: each number is the mean. */
import type { Audit, AuditedModel } from '../../audit/findings.js';
import type { Results } from '../run/results.js';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The first run's results, every curve's points as the means of all; `correct` and `zeroGradient` are no counts then. */
export function meanResults(runs: readonly Results[]): Results {
  const [first] = runs;
  const curves = first.curves.map((curve, index) => ({
    ...curve,
    points: curve.points.map((point, at) => {
      const all = runs.map(({ curves }) => curves[index].points[at]);
      const zeros = all.flatMap(({ zeroGradient }) => zeroGradient ?? []);
      return {
        ...point,
        accuracy: mean(all.map(({ accuracy }) => accuracy)),
        correct: mean(all.map(({ correct }) => correct)),
        zeroGradient: zeros.length < all.length ? null : mean(zeros),
      };
    }),
  }));
  return { ...first, curves };
}

/** The first run's audit, every point as the mean of all. */
export function meanAudit(audits: readonly Audit[]): Audit {
  const [first] = audits;
  const models = Object.entries(first.models).map(([name, model]): [string, AuditedModel] => {
    const all = audits.map(({ models: each }) => each[name]);
    const points = model.points.map((point, at) => ({
      ...point,
      worstCase: mean(all.map(({ points: each }) => each[at].worstCase)),
      paper: mean(all.map(({ points: each }) => each[at].paper)),
    }));
    return [name, { ...model, cleanAccuracy: mean(all.map(({ cleanAccuracy }) => cleanAccuracy)), points }];
  });
  return { ...first, models: Object.fromEntries(models) };
}
