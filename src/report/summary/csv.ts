import { csvFormat } from 'd3-dsv';
import type { Summary } from './summary.js';

const columns = [
  'group',
  'less',
  'dataset',
  'settings',
  'quantity',
  'target',
  'source',
  'attack',
  'path',
  'loss',
  'epsilon',
  'layer',
  'count',
  'mean',
  'deviation',
  'lowest',
  'highest',
] as const;

/**
 * The text of `summary.csv`: a row for each quantity of each group, then of each difference; of those, `less` is the group
 * that was subtracted. Numbers as JavaScript prints them, which re-read identically.
 */
export function formatSummaryCsv({ groups, differences }: Summary): string {
  const rows = [
    ...groups.flatMap(({ id, dataset, settings, values }) =>
      values.map((value) => ({ group: id, less: '', dataset, settings, ...value })),
    ),
    ...differences.flatMap(({ of, from, values }) => {
      const { dataset, settings } = groups.find(({ id }) => id === of) ?? {};
      return values.map((value) => ({ group: of, less: from, dataset, settings, ...value }));
    }),
  ];
  return `${csvFormat(rows, [...columns])}\n`;
}
