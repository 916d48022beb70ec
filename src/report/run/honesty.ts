/** What the curves do not show by themselves, in plain sentences for the end of the summary. */

import { finePercent, list } from '../../words.js';
import { directionName, displayName } from '../names.js';
import { comparesPaths, followedLosses, zeroGradients, zeroGradientThreshold } from './gradient-health.js';
import type { Curve, Results } from './results.js';
import { hasManyNetworks } from './transfer.js';

/** Chance on ten classes alike, for results of before they told it: all data sets had ten. */
const chanceOfTen = 0.1;

/** The L-infinity radius within which any image in [0, 1] can be moved to solid grey (0.5 in every pixel). */
const greyRadius = 0.5;

/**
 * One sentence for each network whose gradient is exactly zero on over 1 % of the images, and one for each network
 * that keeps clearly more than chance where no network can. None for a run with nothing to add.
 */
export function honestySentences(results: Results): string[] {
  return [...withoutGradient(results), ...aboveChanceAtGrey(results)];
}

/**
 * An accuracy that no classifier can keep once every image may turn grey, with room for luck: twice chance, or where
 * chance is above a third, half way from it to 1.
 */
const aboveChance = ({ chance = chanceOfTen }: Results): number => Math.min(2 * chance, (1 + chance) / 2);

function withoutGradient(results: Results): string[] {
  type Group = { source: string; loss: Curve['loss']; share: number; led: Set<string>; paths: Set<string> };
  const groups = new Map<string, Group>();
  for (const { source, path, loss, attacks, share } of zeroGradients(results)) {
    if (share <= zeroGradientThreshold) continue;
    const key = `${source} ${share} ${loss}`;
    const group = groups.get(key) ?? { source, loss, share, led: new Set(), paths: new Set() };
    for (const attack of attacks) group.led.add(attack);
    groups.set(key, { ...group, paths: group.paths.add(path) });
  }
  const compared = comparesPaths(results.curves);
  const several = followedLosses(results).length > 1;
  return [...groups.values()].map(({ source, loss, share, led, paths }) => {
    const name = displayName(source);
    const notAll = results.curves.some((curve) => curve.source === source && !led.has(curve.attack));
    const others = results.curves.filter((curve) => curve.source === source && curve.target !== source);
    const directions = [...new Set(others.map((curve) => directionName(source, curve.target)))];
    const transfers = hasManyNetworks(results) && directions.length > 0 ? ['its transfer to others'] : directions;
    const flat = `Where ${name}'s curve${transfers.length === 0 ? '' : ` or ${transfers.join(' or ')}`} is flat${notAll ? ` under ${led.size > 1 ? 'them' : 'it'}` : ''}`;
    return (
      `${name}: ${finePercent(share)} of the test images have a ${several ? `${loss} ` : ''}gradient of exactly zero${compared ? along(paths) : ''}, ` +
      `which gives ${list([...led].map(displayName))} no direction to move them in. ${flat}, it shows an attack without a ` +
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
  const bound = aboveChance(results);
  return Object.keys(results.models).flatMap((name) => {
    const high = results.curves
      .filter((curve) => curve.source === name && curve.target === name)
      .map(({ attack, path, points }) => ({
        attack: compared ? `${displayName(attack)} (${path} path)` : displayName(attack),
        best: Math.max(...points.filter((point) => point.epsilon >= greyRadius).map((point) => point.accuracy)),
      }))
      .filter((curve) => curve.best > bound);
    if (high.length === 0) return [];
    return [
      `${displayName(name)} still classifies up to ${finePercent(Math.max(...high.map((curve) => curve.best)))} of the ` +
        `images correctly at ε ≥ ${greyRadius} under ${list(high.map((curve) => curve.attack))}. Within ${greyRadius} any ` +
        'image can be moved to solid grey, where no network can do better than chance, so this cannot be robustness: ' +
        `${high.length > 1 ? 'these attacks fall' : 'this attack falls'} short.`,
    ];
  });
}
