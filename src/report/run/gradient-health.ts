import { isGradientAttack } from '../stated-loss.js';
import type { Curve, Results } from './results.js';

/** Over this share of images without a gradient, a figure and the summary say so. */
export const zeroGradientThreshold = 0.01;

/** The share of test images with a gradient of zero, for one source network, gradient path and loss. */
export interface ZeroGradients {
  readonly source: string;
  readonly path: Curve['path'];
  readonly loss: Curve['loss'];
  /** Every attack with this share: normally all that follow this loss's gradient, which is the same for each of them. */
  readonly attacks: readonly string[];
  /** Share of the images whose gradient at the clean image is exactly zero, in [0, 1]. */
  readonly share: number;
}

/**
 * Returns the shares of zero gradients in a run, in the order of its models. Attacks with equal shares are one entry;
 * attacks that follow no gradient are left out.
 */
export function zeroGradients(results: Results): ZeroGradients[] {
  const found: (ZeroGradients & { attacks: string[] })[] = [];
  for (const source of Object.keys(results.models)) {
    for (const curve of results.curves.filter((each) => each.source === source && isGradientAttack(each.attack))) {
      const { path, loss, points } = curve;
      const shares = points.flatMap(({ zeroGradient, total }) => (zeroGradient === null ? [] : zeroGradient / total));
      if (shares.length === 0) continue;
      const share = Math.max(...shares);
      const same = found.find(
        (each) => each.source === source && each.path === path && each.loss === loss && each.share === share,
      );
      if (same === undefined) found.push({ source, path, loss, attacks: [curve.attack], share });
      else if (!same.attacks.includes(curve.attack)) same.attacks.push(curve.attack);
    }
  }
  return found;
}

/** Returns the losses whose gradients a run's attacks follow, in the order of its curves. */
export const followedLosses = ({ curves }: Pick<Results, 'curves'>): Curve['loss'][] => {
  const followed = curves.filter(({ attack }) => isGradientAttack(attack));
  return [...new Set(followed.map(({ loss }) => loss))];
};

/** Whether some attack was run both along the feedback weights and along the true ones, so that a reader must tell them apart. */
export function comparesPaths(curves: readonly Curve[]): boolean {
  const paths = new Map<string, Curve['path']>();
  return curves.some((curve) => {
    const key = `${curve.attack} ${curve.source} ${curve.target}`;
    const other = paths.get(key);
    paths.set(key, curve.path);
    return other !== undefined && other !== curve.path;
  });
}
