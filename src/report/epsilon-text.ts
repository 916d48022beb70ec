import type { CurvePoint } from './run/results.js';

/** Every epsilon of the curves once, smallest first. */
export function epsilonsOf(curves: readonly { readonly points: readonly Pick<CurvePoint, 'epsilon'>[] }[]): number[] {
  const all = curves.flatMap((curve) => curve.points.map((point) => point.epsilon));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** Whether all are a few 255ths (up to 32), each another number of them: the unit that CIFAR-10's literature counts in. */
export function in255ths(epsilons: readonly number[]): boolean {
  if (!epsilons.some((each) => each > 0)) return false;
  if (new Set(epsilons.map((each) => Math.round(each * 255))).size < new Set(epsilons).size) return false;
  return epsilons.every((each) => each <= 32 / 255 && Math.abs(each * 255 - Math.round(each * 255)) < 1e-6);
}

/**
 * At most `count` of the epsilons (2 or more): zero if there, the smallest other one, the largest, and between them
 * more small ones than large, since accuracy falls where epsilon is small.
 *
 * @param epsilons smallest first, each once
 */
export function chooseEpsilons(epsilons: readonly number[], count: number): number[] {
  if (epsilons.length <= count) return [...epsilons];
  const zeros = epsilons.filter((each) => each === 0);
  const others = epsilons.filter((each) => each > 0);
  const wanted = count - zeros.length;
  if (wanted === 1) return [...zeros, others.at(-1)!];
  const chosen = Array.from({ length: wanted }, (_, index) => {
    const share = (index / (wanted - 1)) ** 1.5;
    // At least `index`, so that none is chosen twice.
    return others[Math.max(index, Math.round(share * (others.length - 1)))]!;
  });
  return [...zeros, ...chosen];
}

/**
 * As many of the epsilons as a table has room for, two at least.
 *
 * @param most how many at most
 * @param build the table of some of them
 * @param width columns that it must fit
 */
export function fittingEpsilons(
  all: readonly number[],
  most: number,
  build: (epsilons: readonly number[]) => string,
  width: number,
): number[] {
  const fits = (text: string) => text.split('\n').every((line) => line.length <= width);
  for (let count = most; count > 2; count--) {
    const chosen = chooseEpsilons(all, count);
    if (fits(build(chosen))) return chosen;
  }
  return chooseEpsilons(all, 2);
}
