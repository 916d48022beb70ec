import { csvFormat } from 'd3-dsv';
import { wilson } from '../../metrics/wilson.js';
import type { Results } from './results.js';

const columns = [
  'dataset',
  'seed',
  'attack',
  'source',
  'target',
  'path',
  'loss',
  'epsilon',
  'correct',
  'total',
  'accuracy',
  'zeroGradient',
  'low',
  'high',
] as const;

/**
 * The text of `results.csv`: the curves, a row a point, `low` to `high` the 95 % interval of the accuracy; numbers as
 * JavaScript prints them, which re-read identically. `loss` and `zeroGradient` are empty where results.json has null.
 */
export function formatCsv(results: Results): string {
  const { dataset, seed } = results;
  const rows = results.curves.flatMap(({ attack, source, target, path, loss, points }) =>
    points.map((point) => {
      const [low, high] = wilson(point.correct, point.total);
      return { dataset, seed, attack, source, target, path, loss, ...point, low, high };
    }),
  );
  return `${csvFormat(rows, [...columns])}\n`;
}
