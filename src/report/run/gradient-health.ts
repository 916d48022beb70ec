import type { Curve, Results } from './results.js';

/** Over this share of images without a gradient, a figure and the summary say so. */
export const zeroGradientThreshold = 0.01;

/** How many of the test images gave attacks no gradient to follow, for one source network and gradient path. */
export interface ZeroGradients {
  readonly source: string;
  readonly path: Curve['path'];
  /** Every attack with this share: normally all of the network's, since the clean image's gradient is the same for each. */
  readonly attacks: readonly string[];
  /** Share of the images whose gradient at the clean image is exactly zero, in [0, 1]. */
  readonly share: number;
}

/** The shares of zero gradients in a run, in the order of its models; attacks with equal shares are one entry. */
export function zeroGradients(results: Results): ZeroGradients[] {
  const found: (ZeroGradients & { attacks: string[] })[] = [];
  for (const source of Object.keys(results.models)) {
    for (const curve of results.curves.filter((each) => each.source === source)) {
      const share = Math.max(0, ...curve.points.map((point) => point.zeroGradient / point.total));
      const same = found.find((each) => each.source === source && each.path === curve.path && each.share === share);
      if (same === undefined) found.push({ source, path: curve.path, attacks: [curve.attack], share });
      else if (!same.attacks.includes(curve.attack)) same.attacks.push(curve.attack);
    }
  }
  return found;
}

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
