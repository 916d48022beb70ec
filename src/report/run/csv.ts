import { csvFormat } from 'd3-dsv';
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
] as const;

/** The text of `results.csv`: the curves, a row a point; numbers as JavaScript prints them, which re-read identically. */
export function formatCsv(results: Results): string {
  const { dataset, seed } = results;
  const rows = results.curves.flatMap(({ attack, source, target, path, loss, points }) =>
    points.map((point) => ({ dataset, seed, attack, source, target, path, loss, ...point })),
  );
  return `${csvFormat(rows, [...columns])}\n`;
}
