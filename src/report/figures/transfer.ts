/** Figure (b) of a run of many networks: transfer as a heat map. */
import type { TopLevelSpec } from 'vega-lite';
import { percentNumber } from '../../words.js';
import { displayName, lossSuffix } from '../names.js';
import type { TransferMatrix } from '../run/transfer.js';
import { look, pathName, plotWidth } from './chart.js';
import { ink } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const cellHeight = 44;

/** @param provenance which images and seed, for the subtitle */
export function transferFigure(
  matrices: readonly TransferMatrix[],
  { dataset, provenance }: { readonly dataset: string; readonly provenance: string },
): TopLevelSpec | undefined {
  const [first] = matrices;
  if (!first) return undefined;
  const { attack, loss, radius } = first;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: {
      text: `${displayName(dataset)}: transferability`,
      subtitle: [
        `Accuracy (%) of the network of each column under ${displayName(attack)}’s examples at ε = ${radius},`,
        `made on the network of each row${lossSuffix(loss)}; ${provenance}`,
      ],
    },
    spacing: 40,
    vconcat: matrices.map(heatMap),
    config: look,
  };
}

function heatMap({ networks, accuracies, path }: TransferMatrix): View {
  const values = networks.flatMap((source, row) =>
    networks.flatMap((target, column) => {
      const accuracy = accuracies[row][column];
      if (accuracy === undefined) return [];
      return {
        source: displayName(source),
        target: displayName(target),
        accuracy: 100 * accuracy,
        text: percentNumber(accuracy),
      };
    }),
  );
  const names = networks.map(displayName);
  const x = {
    field: 'target',
    type: 'nominal' as const,
    scale: { domain: names },
    axis: { orient: 'top' as const, title: 'shown to', labelAngle: 0, ticks: false, domain: false },
  };
  const y = {
    field: 'source',
    type: 'nominal' as const,
    scale: { domain: names },
    axis: { title: 'made on', ticks: false, domain: false },
  };
  return {
    width: plotWidth - 80,
    height: cellHeight * networks.length,
    ...(path && { title: { text: `Gradient through the ${pathName(path)}`, fontSize: 15 } }),
    data: { values },
    encoding: { x, y },
    layer: [
      {
        mark: { type: 'rect', stroke: 'white', strokeWidth: 2 },
        encoding: {
          color: {
            field: 'accuracy',
            type: 'quantitative',
            scale: { domain: [0, 100], range: ['#F7FBFF', '#08519C'] },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'text', align: 'center' },
        encoding: {
          text: { field: 'text', type: 'nominal' },
          color: { condition: { test: 'datum.accuracy > 55', value: 'white' }, value: ink },
        },
      },
    ],
  };
}
