/** How the networks were trained: curves, and the table behind them. */
import { percentNumber, short } from '../../words.js';
import type { EpochAngles } from '../figures/alignment.js';
import type { EpochCurves } from '../figures/training.js';
import { displayName } from '../names.js';
import { folded } from './document.js';
import { foldedFigure } from './figure.js';
import { type Html, html } from './html.js';
import { table } from './table.js';

/** One epoch of one network: a line of metrics.jsonl. */
export interface ReportedEpoch extends EpochAngles, EpochCurves {
  readonly trainAccuracy: number;
}

const kinds = [
  { field: 'weightAngles', title: 'Angles in degrees between the weights and what carries the error in their place' },
  { field: 'errorAngles', title: 'Angles in degrees between the error sent below each layer and backpropagation’s' },
  { field: 'gradientAngles', title: 'Angles in degrees between each layer’s weight gradient and backpropagation’s' },
] as const;

/**
 * @param curves the training curves' SVG
 * @param gap which epochs are not known, in a sentence
 */
export function training(
  epochs: readonly ReportedEpoch[],
  curves: string | undefined,
  gap: string | undefined,
): Html | undefined {
  if (epochs.length === 0) return undefined;
  const heads = ['Network', 'Epoch', 'Loss', 'Training (%)', 'Test (%)'];
  const rows = epochs.map(({ rule, epoch, loss, trainAccuracy, testAccuracy }) => [
    displayName(rule),
    `${epoch}`,
    short(loss),
    percentNumber(trainAccuracy),
    percentNumber(testAccuracy),
  ]);
  return html`<section><h2>Training</h2>${gap && html`<p>${gap}</p>`}
${curves === undefined ? undefined : foldedFigure('Loss and test accuracy, epoch by epoch', 'training', curves)}
${folded('Loss and accuracy of each epoch', table('Loss and accuracy of each epoch', heads, rows))}
${folded('Angles to backpropagation of each epoch', html`${kinds.map(({ field, title }) => angles(epochs, field, title))}`)}</section>`;
}

function angles(
  epochs: readonly ReportedEpoch[],
  field: (typeof kinds)[number]['field'],
  title: string,
): Html | undefined {
  const layers = [...new Set(epochs.flatMap((epoch) => Object.keys(epoch[field] ?? {})))];
  const rows = epochs.flatMap(({ rule, epoch, [field]: degrees }) =>
    degrees ? [[displayName(rule), `${epoch}`, ...layers.map((layer) => degrees[layer]?.toFixed(1) ?? '–')]] : [],
  );
  return rows.length === 0 ? undefined : table(title, ['Network', 'Epoch', ...layers], rows);
}
