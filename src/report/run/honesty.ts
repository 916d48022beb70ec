/** What the curves do not show by themselves, in plain sentences for the end of the summary. */

import { finePercent, list } from '../../words.js';
import { directionName, displayName } from '../names.js';
import { comparesPaths, zeroGradients, zeroGradientThreshold } from './gradient-health.js';
import type { Results } from './results.js';

/** Twice the accuracy of guessing one of ten classes: what no classifier can keep once every image may turn grey. */
const aboveChance = 0.2;

/** The L-infinity radius within which any image in [0, 1] can be moved to solid grey (0.5 in every pixel). */
const greyRadius = 0.5;

/**
 * One sentence for each network whose gradient is exactly zero on over 1 % of the images, and one for each network
 * that keeps more than twice chance where no network can. None for a run with nothing to add.
 */
export function honestySentences(results: Results): string[] {
  return [...withoutGradient(results), ...aboveChanceAtGrey(results)];
}

function withoutGradient(results: Results): string[] {
  const groups = new Map<string, { source: string; share: number; attacks: Set<string>; paths: Set<string> }>();
  for (const { source, path, attacks, share } of zeroGradients(results)) {
    if (share <= zeroGradientThreshold) continue;
    const key = `${source} ${share}`;
    const group = groups.get(key) ?? { source, share, attacks: new Set(), paths: new Set() };
    for (const attack of attacks) group.attacks.add(attack);
    groups.set(key, { ...group, paths: group.paths.add(path) });
  }
  const compared = comparesPaths(results.curves);
  return [...groups.values()].map(({ source, share, attacks, paths }) => {
    const name = displayName(source);
    const others = results.curves.filter((curve) => curve.source === source && curve.target !== source);
    const transfers = [...new Set(others.map((curve) => directionName(source, curve.target)))];
    const flat = `Where ${name}'s curve${transfers.length === 0 ? '' : ` or ${transfers.join(' or ')}`} is flat`;
    return (
      `${name}: ${finePercent(share)} of the test images have a gradient of exactly zero${compared ? along(paths) : ''}, ` +
      `which gives ${list([...attacks].map(displayName))} no direction to move them in. ${flat}, it shows an attack without a ` +
      'gradient, not a network without a weakness.'
    );
  });
}

function along(paths: ReadonlySet<string>): string {
  if (paths.size > 1) return ' (through the feedback weights and the true weights alike)';
  return ` through the ${[...paths].join()} weights`;
}

function aboveChanceAtGrey(results: Results): string[] {
  const compared = comparesPaths(results.curves);
  return Object.keys(results.models).flatMap((name) => {
    const high = results.curves
      .filter((curve) => curve.source === name && curve.target === name)
      .map(({ attack, path, points }) => ({
        attack: compared ? `${displayName(attack)} (${path} path)` : displayName(attack),
        best: Math.max(...points.filter((point) => point.epsilon >= greyRadius).map((point) => point.accuracy)),
      }))
      .filter((curve) => curve.best > aboveChance);
    if (high.length === 0) return [];
    return [
      `${displayName(name)} still classifies up to ${finePercent(Math.max(...high.map((curve) => curve.best)))} of the ` +
        `images correctly at ε ≥ ${greyRadius} under ${list(high.map((curve) => curve.attack))}. Within ${greyRadius} any ` +
        'image can be moved to solid grey, where no network can do better than chance, so this cannot be robustness: ' +
        `${high.length > 1 ? 'these attacks fall' : 'this attack falls'} short.`,
    ];
  });
}
