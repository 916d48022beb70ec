/** The summary at the end of a run, as text for a terminal (or a file) of a given width, without colour. */

import { gradientPaths } from '../../rules/path.js';
import { epsilonTexts, fineDuration, finePercent, numberWithInterval, percentNumber } from '../../words.js';
import { epsilonsOf, fittingEpsilons } from '../epsilon-text.js';
import { directionName, displayName, lossSuffix, usualLoss } from '../names.js';
import { paragraphs, textTable } from '../text.js';
import { comparesPaths, followedLosses, zeroGradients } from './gradient-health.js';
import { honestySentences } from './honesty.js';
import type { Curve, Results } from './results.js';
import { hasManyNetworks, type TransferMatrix, transferMatrices } from './transfer.js';

const mostEpsilons = 7;

/**
 * The networks, the accuracies and the honest reading of them.
 *
 * @param width columns of the terminal; fewer epsilons are shown where it is narrow
 */
export function summary(results: Results, width = 100): string {
  const tables = [networkTable(results, width), accuracyTable(results, width)];
  for (const matrix of transferMatrices(results)) tables.push(transferTable(matrix, width));
  return paragraphs([...tables, ...honestySentences(results)], width);
}

/** The answer alone: what each network keeps under its own attacks, and the honest reading of that. */
export function answer(results: Results, width = 100): string {
  const curves = results.curves.filter(({ source, target }) => source === target);
  return paragraphs([accuracyTable({ ...results, curves }, width), ...honestySentences(results)], width);
}

/** Per network: accuracy without attack, training time, share of images with a gradient of exactly zero. */
export function networkTable(results: Results, width = 100): string {
  const compared = comparesPaths(results.curves);
  const paths: readonly (Curve['path'] | undefined)[] = compared ? gradientPaths : [undefined];
  const followed = followedLosses(results);
  const losses = followed.length > 1 ? followed : [undefined];
  const kinds = paths.flatMap((path) => losses.map((loss) => ({ path, loss })));
  const rows = Object.entries(results.models).map(([name, model]) => [
    displayName(name),
    numberWithInterval(model.cleanAccuracy, model.cleanInterval),
    fineDuration(model.trainSeconds),
    ...kinds.map((kind) => zeroShare(results, name, kind)),
  ]);
  const zeroHeads = kinds.map((kind) => {
    const which = Object.values(kind).filter((said) => said !== undefined);
    return which.length === 0 ? 'Zero gradients' : `Zero gradients (${which.join(', ')})`;
  });
  return textTable(['Network', 'Clean accuracy (%)', 'Training time', ...zeroHeads], rows, 1, width);
}

/**
 * Accuracy in % at up to seven epsilons, a row per curve: networks under their own gradient first, then transfers,
 * which of many networks are {@link transferTable}'s.
 *
 * @param width columns that the table must fit; at least two epsilons are shown whatever it is
 */
export function accuracyTable(results: Results, width = 100): string {
  const own = results.curves.filter((curve) => curve.source === curve.target);
  const transfers = hasManyNetworks(results) ? [] : results.curves.filter((curve) => curve.source !== curve.target);
  const compared = comparesPaths(results.curves);
  const curves = [...inOrder(own, results), ...inOrder(transfers, results)];
  const tellsLosses = curves.some(({ loss }) => loss !== usualLoss);
  const labels = curves.map((curve) => [
    curve.source === curve.target ? displayName(curve.source) : directionName(curve.source, curve.target),
    displayName(curve.attack),
    ...(compared ? [curve.path] : []),
    ...(tellsLosses ? [curve.loss ?? '–'] : []),
  ]);
  const heads = ['Accuracy (%)', 'Attack', ...(compared ? ['Path'] : []), ...(tellsLosses ? ['Loss'] : [])];
  const all = epsilonsOf(curves);
  const textOf = epsilonTexts(all);
  const headOf = (epsilon: number, place: number) => `${place === 0 ? 'ε = ' : ''}${textOf(epsilon)}`;
  const build = (epsilons: readonly number[], most?: number) => {
    const rows = curves.map((curve, index) => [
      ...labels[index]!,
      ...epsilons.map((epsilon) => accuracyAt(curve, epsilon)),
    ]);
    return textTable([...heads, ...epsilons.map(headOf)], rows, heads.length, most);
  };
  return build(fittingEpsilons(all, mostEpsilons, build, width), width);
}

/** A row for the network that examples were made on, a column for each that was shown them. */
function transferTable({ attack, loss, radius, path, networks, accuracies }: TransferMatrix, width: number): string {
  const along = path ? `, ${path} path` : '';
  const head = `${displayName(attack)}${lossSuffix(loss)}, ε = ${radius}${along}: made on ↓, shown to →`;
  const cell = (accuracy: number | undefined) => (accuracy === undefined ? '–' : percentNumber(accuracy));
  const rows = networks.map((source, row) => [displayName(source), ...accuracies[row].map(cell)]);
  return textTable([head, ...networks.map(displayName)], rows, 1, width);
}

/** Curves of one source and target together, in the order of the models. */
function inOrder(curves: readonly Curve[], results: Results): Curve[] {
  const names = Object.keys(results.models);
  const rank = (curve: Curve) => names.indexOf(curve.source) * names.length + names.indexOf(curve.target);
  return [...curves].sort((a, b) => rank(a) - rank(b));
}

function accuracyAt(curve: Curve, epsilon: number): string {
  const point = curve.points.find((each) => each.epsilon === epsilon);
  return point === undefined ? '–' : percentNumber(point.accuracy);
}

function zeroShare(results: Results, source: string, { path, loss }: Partial<Pick<Curve, 'path' | 'loss'>>): string {
  const shares = zeroGradients(results)
    .filter((each) => each.source === source && (path === undefined || each.path === path))
    .filter((each) => loss === undefined || each.loss === loss)
    .map((each) => each.share);
  if (shares.length === 0) return '–';
  const [least, most] = [finePercent(Math.min(...shares)), finePercent(Math.max(...shares))];
  return least === most ? most : `${least} to ${most}`;
}
