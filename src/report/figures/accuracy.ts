/** The figures as Vega-Lite specs: pure functions of the results. `render.ts` draws them, `files.ts` writes them. */
import type { TopLevelSpec } from 'vega-lite';
import { finePercent, list } from '../../words.js';
import { directionName, displayName, lossSuffix } from '../names.js';
import { comparesPaths, followedLosses, zeroGradients, zeroGradientThreshold } from '../run/gradient-health.js';
import type { Curve, Results } from '../run/results.js';
import { hasManyNetworks, transferMatrices } from '../run/transfer.js';
import { seedList } from '../seeds.js';
import { drawChart } from './chart.js';
import { coloursOfDirections, coloursOfNetworks } from './style.js';
import { transferFigure } from './transfer.js';

/**
 * Figure (a): each network against attacks that follow its own gradient (source = target).
 *
 * @param runs where the results are the means of several runs, these
 * @returns undefined if the results hold no such curve
 */
export function figureA(results: Results, runs: readonly Results[] = []): TopLevelSpec | undefined {
  const curves = results.curves.filter((curve) => curve.source === curve.target);
  const networks = Object.keys(results.models).filter((name) => curves.some((curve) => curve.source === name));
  return drawChart({
    title: `${displayName(results.dataset)}: adversarial accuracy`,
    subtitle: [
      `Each network attacked through its own gradient${lossText(results)}; ${provenance(results, runs)}`,
      ...lossLine(results),
      ...healthLine(results, networks),
    ],
    yTitle: 'Accuracy (%)',
    lines: curves.map((curve) => ({ series: displayName(curve.source), curve, runs: sameCurves(curve, runs) })),
    series: networks.map(displayName),
    colours: coloursOfNetworks(networks),
  });
}

/**
 * Figure (b), transferability: examples made on one network, shown to another (source ≠ target); of many networks a
 * heat map at one epsilon.
 *
 * @param runs where the results are the means of several runs, these
 * @returns undefined if the results hold no such curve, as in a run of one network
 */
export function figureB(results: Results, runs: readonly Results[] = []): TopLevelSpec | undefined {
  if (hasManyNetworks(results)) {
    const of = { dataset: results.dataset, provenance: provenance(results, runs) };
    return transferFigure(transferMatrices(results), of);
  }
  const curves = results.curves.filter((curve) => curve.source !== curve.target);
  const directions = [...new Set(curves.map((curve) => directionName(curve.source, curve.target)))];
  const sources = Object.keys(results.models).filter((name) => curves.some((curve) => curve.source === name));
  return drawChart({
    title: `${displayName(results.dataset)}: transferability`,
    subtitle: [
      `Examples made on the first network${lossText(results)}, shown to the second; ${provenance(results, runs)}`,
      ...lossLine(results),
      ...healthLine(results, sources),
    ],
    yTitle: 'Accuracy of the second network (%)',
    lines: curves.map((curve) => ({
      series: directionName(curve.source, curve.target),
      curve,
      runs: sameCurves(curve, runs),
    })),
    series: directions,
    colours: coloursOfDirections(directions),
  });
}

/** Returns the names of the attacks by the loss that they maximise. Attacks without a loss are left out. */
function attacksByLoss({ curves }: Results): ReadonlyMap<string, ReadonlySet<string>> {
  const byLoss = new Map<string, Set<string>>();
  for (const { attack, loss } of curves) {
    if (loss !== null) byLoss.set(loss, (byLoss.get(loss) ?? new Set()).add(displayName(attack)));
  }
  return byLoss;
}

/** Returns the loss of all attacks, if it is not the one that a reader expects. */
function lossText(results: Results): string {
  const losses = [...attacksByLoss(results).keys()];
  return losses.length === 1 ? lossSuffix(losses[0]) : '';
}

/** Returns a line with the attacks of each loss, if there is more than one loss. */
function lossLine(results: Results): string[] {
  const byLoss = attacksByLoss(results);
  if (byLoss.size < 2) return [];
  return [`Loss: ${list([...byLoss].map(([loss, attacks]) => `${loss} (${[...attacks].join(', ')})`))}`];
}

function provenance(results: Results, runs: readonly Results[]): string {
  const images = `${results.testImages.toLocaleString('en')} test images`;
  if (runs.length === 0) return `${images}, seed ${results.seed}`;
  return `${images}, ${seedsText(runs)}`;
}

/** `seeds 1 to 3: the mean, and the band of all`. */
export function seedsText(runs: readonly { readonly seed: number }[]): string {
  if (runs.length === 1) return `seed ${runs[0].seed}`;
  return `seeds ${seedList(runs.map(({ seed }) => seed))}: the mean, and the band of all`;
}

/** The same curve in each run. */
function sameCurves({ attack, source, target, path, loss }: Curve, runs: readonly Results[]): Curve[] {
  return runs.flatMap(({ curves }) =>
    curves.filter(
      (curve) =>
        curve.attack === attack &&
        curve.source === source &&
        curve.target === target &&
        curve.path === path &&
        curve.loss === loss,
    ),
  );
}

/**
 * A figure travels without the summary, so a share of zero gradients that explains a flat curve goes with it: in a line
 * for each loss, if the attacks follow more than one.
 */
function healthLine(results: Results, sources: readonly string[]): string[] {
  const paths = comparesPaths(results.curves);
  const losses = followedLosses(results);
  const zeros = zeroGradients(results).filter(
    (each) => sources.includes(each.source) && each.share > zeroGradientThreshold,
  );
  return losses.flatMap((loss) => {
    const shares = zeros
      .filter((each) => each.loss === loss)
      .map(({ source, path, share }) => `${displayName(source)}${paths ? ` (${path})` : ''} ${finePercent(share)}`);
    // As the network table's heads say it: the long form and both paths would make the figure wider.
    const said = losses.length > 1 ? `Zero gradients (${loss})` : 'Images with a gradient of exactly zero';
    return shares.length === 0 ? [] : [`${said}: ${[...new Set(shares)].join(', ')}`];
  });
}
