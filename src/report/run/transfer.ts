/** Transfer among so many networks that a curve for each pair would be a thicket: a matrix at one epsilon. */
import { FEW_NETWORKS } from '../../metrics/adversarial-accuracy.js';
import { type GradientPath, gradientPaths } from '../../rules/path.js';
import { epsilonTexts } from '../../words.js';
import { epsilonsOf } from '../epsilon-text.js';
import type { Curve, Results } from './results.js';

export interface TransferMatrix {
  readonly attack: string;
  /** The loss that it maximised. */
  readonly loss: Curve['loss'];
  readonly epsilon: number;
  /** The epsilon as text, unlike that of any other epsilon of the run. */
  readonly radius: string;
  /** The path that made the examples, where the run compares paths; a network with one path has that in each matrix. */
  readonly path: GradientPath | undefined;
  /** Rows and columns. */
  readonly networks: readonly string[];
  /** The column's accuracy under the examples made on the row, in [0, 1]; undefined where that was not measured. */
  readonly accuracies: readonly (readonly (number | undefined)[])[];
}

/** Whether a run has so many networks that its transfer is a matrix. */
export const hasManyNetworks = ({ models }: Pick<Results, 'models'>): boolean =>
  Object.keys(models).length > FEW_NETWORKS;

/**
 * A matrix for each path along which the run's examples were made: under BIM, or the run's last attack where it has none,
 * at the middle of the epsilons at which the networks were shown each other's examples.
 *
 * @returns none for a run of few networks, or without transfer
 */
export function transferMatrices(results: Results): TransferMatrix[] {
  if (!hasManyNetworks(results)) return [];
  const transfers = results.curves.filter(({ source, target }) => source !== target);
  const attacks = [...new Set(transfers.map(({ attack }) => attack))];
  const attack = attacks.includes('bim') ? 'bim' : attacks.at(-1);
  const epsilons = [...new Set(transfers.flatMap(({ points }) => points.map(({ epsilon }) => epsilon)))];
  epsilons.sort((a, b) => a - b);
  const epsilon = epsilons[Math.floor((epsilons.length - 1) / 2)];
  if (attack === undefined || epsilon === undefined) return [];
  const made = results.curves.filter((curve) => curve.attack === attack);
  const paths = gradientPaths.filter((path) => made.some((curve) => curve.path === path && hasTwoPaths(made, curve)));
  const networks = Object.keys(results.models);
  const textOf = epsilonTexts(epsilonsOf(results.curves));
  return (paths.length > 0 ? paths : [undefined]).map((path) => ({
    ...{ attack, loss: made[0].loss, epsilon, radius: textOf(epsilon), path, networks },
    accuracies: networks.map((source) =>
      networks.map((target) => {
        const pair = made.filter((curve) => curve.source === source && curve.target === target);
        const curve = pair.find((each) => each.path === path) ?? pair[0];
        return curve?.points.find((point) => point.epsilon === epsilon)?.accuracy;
      }),
    ),
  }));
}

const hasTwoPaths = (curves: readonly Curve[], { source }: Curve): boolean =>
  new Set(curves.filter((curve) => curve.source === source).map(({ path }) => path)).size > 1;
