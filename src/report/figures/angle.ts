/** Figure (f) as a Vega-Lite spec: a pure function of the audit. */
import type { TopLevelSpec } from 'vega-lite';
import type { Audit, AuditedModel } from '../../audit/findings.js';
import { epsilonTexts } from '../../words.js';
import { displayName } from '../names.js';
import { edge, look, percentAxis, plotWidth } from './chart.js';
import { colourOfNames, legendOfNames } from './legend.js';
import { coloursOfNetworks, softInk } from './style.js';

type View = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

/** Fewer networks show no relation. */
const LEAST_NETWORKS = 3;
const panelGap = 40;
const panelHeight = 320;
/** From here on nothing can be robust. */
const GREY_RADIUS = 0.5;

/**
 * Figure (f): what seems robust and what is, against the angle between a network's gradient at the pixels along its
 * rule's own path and the true one, a point a rule: what BIM on the margin leaves right along its own path, and the
 * worst case.
 *
 * @returns undefined for an audit of fewer than three networks
 */
export function figureF(audit: Audit): TopLevelSpec | undefined {
  const networks = Object.keys(audit.models);
  if (networks.length < LEAST_NETWORKS) return undefined;
  const epsilons = audit.models[networks[0]].points.map(({ epsilon }) => epsilon);
  const small = epsilons.filter((epsilon) => epsilon < GREY_RADIUS);
  const shown = [...new Set([small[0] ?? epsilons[0], small.at(-1) ?? epsilons[0]])];
  const textOf = epsilonTexts(epsilons);
  const names = networks.map(displayName);
  const colours = coloursOfNetworks(networks);
  const width = (plotWidth - panelGap * (shown.length - 1)) / shown.length;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 20,
    title: {
      text: `${displayName(audit.dataset)}: robust, or only astray?`,
      subtitle: [
        'Squares: what BIM on the margin leaves right along each rule’s own path. Circles: the worst case;',
        `the first ${audit.testImages.toLocaleString('en')} test images, seed ${audit.seed}`,
      ],
    },
    spacing: 30,
    bounds: 'flush',
    vconcat: [
      legendOfNames(names, colours),
      {
        bounds: 'flush',
        spacing: panelGap,
        hconcat: shown.map((epsilon, index) =>
          panel(
            networks.flatMap((network) => pointOf(network, audit.models[network], epsilon)),
            { names, colours, width, first: index === 0, epsilon: textOf(epsilon) },
          ),
        ),
      },
    ],
    config: look,
  };
}

interface Point {
  readonly name: string;
  /** Degrees, the median over the images. */
  readonly angle: number;
  /** In %. */
  readonly apparent: number;
  readonly real: number;
}

/** None where the network has no gradient along one of the paths. */
function pointOf(network: string, { gradients, points }: AuditedModel, epsilon: number): Point[] {
  const at = points.find((point) => point.epsilon === epsilon);
  const apparent = at?.byAttack['bim/feedback/margin'] ?? at?.byAttack['bim/true/margin'];
  if (!at || apparent === undefined || !gradients.angle) return [];
  return [
    { name: displayName(network), angle: gradients.angle.median, apparent: 100 * apparent, real: 100 * at.worstCase },
  ];
}

interface PanelOptions {
  readonly names: readonly string[];
  readonly colours: readonly string[];
  readonly width: number;
  /** The first panel carries the y axis for all. */
  readonly first: boolean;
  readonly epsilon: string;
}

function panel(values: readonly Point[], { names, colours, width, first, epsilon }: PanelOptions): View {
  const x = {
    field: 'angle',
    type: 'quantitative' as const,
    scale: { domain: [0, 100], nice: false, padding: edge },
    axis: { title: 'angle to the true gradient (°)', values: [0, 30, 60, 90] },
  };
  const y = percentAxis(first);
  const color = colourOfNames(names, colours);
  return {
    title: { text: `ε = ${epsilon}`, fontSize: 15 },
    width,
    height: panelHeight,
    data: { values: [...values] },
    encoding: { x },
    layer: [
      {
        mark: { type: 'rule', color: softInk, strokeWidth: 1, strokeDash: [2, 3] },
        encoding: { y: { ...y, field: 'real' }, y2: { field: 'apparent' } },
      },
      {
        mark: { type: 'point', shape: 'square', size: 110, filled: false, strokeWidth: 2.4, fill: 'white', opacity: 1 },
        encoding: { y: { ...y, field: 'apparent' }, color },
      },
      {
        mark: { type: 'point', shape: 'circle', size: 90, filled: true, opacity: 1 },
        encoding: { y: { ...y, field: 'real' }, color },
      },
    ],
  };
}
