import type { Audit } from '../../audit/findings.js';
import type { EpochMetrics } from '../../experiment/metrics.js';
import type { Results } from '../../report/run/results.js';
import type { Quantity } from '../../report/summary/summary.js';

/** What a finished run's files say. */
export interface Findings {
  readonly results: Results;
  readonly metrics: readonly EpochMetrics[];
  readonly audit?: Audit | undefined;
}

/** One quantity of one run. */
export interface Measurement {
  readonly quantity: Quantity;
  readonly value: number;
}

/** Everything that is measured of a run's networks, each quantity once, in the order of its files. */
export function measurements({ results, metrics, audit }: Findings): Measurement[] {
  const measured: Measurement[] = [];
  const add = (quantity: Quantity, value: number) => void measured.push({ quantity, value });
  for (const [target, { cleanAccuracy }] of Object.entries(results.models)) {
    add({ quantity: 'clean accuracy', target }, cleanAccuracy);
  }
  for (const { source, target, attack, path, loss, points } of results.curves) {
    for (const { epsilon, accuracy } of points) {
      add({ quantity: 'accuracy', target, source, attack, path, ...(loss !== null && { loss }), epsilon }, accuracy);
    }
  }
  for (const [target, { points }] of Object.entries(audit?.models ?? {})) {
    for (const { epsilon, worstCase, paper } of points) {
      add({ quantity: 'worst case', target, epsilon }, worstCase);
      add({ quantity: "paper's attacks", target, epsilon }, paper);
    }
  }
  for (const target of Object.keys(results.models)) {
    const last = metrics.filter(({ rule }) => rule === target).at(-1);
    const angles = [
      ['gradient angle', last?.gradientAngles],
      ['weight angle', last?.weightAngles],
    ] as const;
    for (const [quantity, byLayer] of angles) {
      for (const [layer, angle] of Object.entries(byLayer ?? {})) {
        if (angle !== null) add({ quantity, target, layer }, angle);
      }
    }
  }
  return measured;
}

/** Tells one quantity from all others. */
export const keyOf = ({ quantity, target, source, attack, path, loss, epsilon, layer }: Quantity): string =>
  JSON.stringify([quantity, target, source, attack, path, loss, epsilon, layer]);
