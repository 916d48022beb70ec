/** The training curves as a Vega-Lite spec: a pure function of a run's epochs. */
import type { TopLevelSpec } from 'vega-lite';
import { displayName } from '../names.js';
import { look, plotWidth } from './chart.js';
import { colourOfNames, legendOfNames } from './legend.js';
import { coloursOfNetworks } from './style.js';

/** What a line of `metrics.jsonl` says of one epoch of one network. */
export interface EpochCurves {
  readonly rule: string;
  readonly epoch: number;
  readonly loss: number;
  readonly testAccuracy: number;
}

const gap = 70;
const panels = [
  { field: 'loss', title: 'Training loss' },
  { field: 'accuracy', title: 'Test accuracy (%)' },
] as const;

/** Loss and test accuracy by epoch, a line for each network. Undefined of no epochs. */
export function trainingCurves(epochs: readonly EpochCurves[], dataset: string): TopLevelSpec | undefined {
  if (epochs.length === 0) return undefined;
  const rules = [...new Set(epochs.map(({ rule }) => rule))];
  const [names, colours] = [rules.map(displayName), coloursOfNetworks(rules)];
  const last = Math.max(2, ...epochs.map(({ epoch }) => epoch));
  const values = epochs.map(({ rule, epoch, loss, testAccuracy }) => ({
    ...{ name: displayName(rule), epoch, loss, accuracy: 100 * testAccuracy },
  }));
  const x = {
    field: 'epoch',
    type: 'quantitative' as const,
    scale: { domain: [1, last], nice: false, padding: 8 },
    axis: { title: 'epoch', format: 'd', tickCount: Math.min(6, last - 1) },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: { text: `${displayName(dataset)}: training` },
    bounds: 'flush',
    spacing: 24,
    vconcat: [
      legendOfNames(names, colours),
      {
        bounds: 'flush',
        spacing: gap,
        hconcat: panels.map(({ field, title }) => ({
          width: (plotWidth - gap) / 2,
          height: 220,
          data: { values },
          mark: { type: 'line' as const, strokeWidth: 2, point: { size: 24 } },
          encoding: {
            x,
            y: {
              field,
              type: 'quantitative' as const,
              scale: { zero: field === 'loss', nice: true, padding: 6 },
              axis: { title, tickCount: 5 },
            },
            color: colourOfNames(names, colours),
          },
        })),
      },
    ],
    config: look,
  };
}
