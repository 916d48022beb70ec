import type { Loss } from '../../src/losses/loss.js';

export interface Evaluation {
  readonly losses: Float64Array;
  readonly dlogits: Float64Array;
}

/** A loss and its gradient for rows of logits, in float64. */
export function evaluate(loss: Loss, rows: readonly (readonly number[])[], labels: readonly number[]): Evaluation {
  const classes = rows[0].length;
  const losses = new Float64Array(rows.length);
  const dlogits = new Float64Array(rows.length * classes).fill(Number.NaN);
  loss.evaluate(Float64Array.from(rows.flat()), Uint8Array.from(labels), rows.length, classes, losses, dlogits);
  return { losses, dlogits };
}

/** dLoss/dlogits of one row by central differences, each logit on its own. */
export function numericGradient(loss: Loss, row: readonly number[], label: number, step = 1e-6): number[] {
  const at = (j: number, by: number) =>
    evaluate(loss, [row.map((value, i) => (i === j ? value + by : value))], [label]).losses[0];
  return row.map((_, j) => (at(j, step) - at(j, -step)) / (2 * step));
}
