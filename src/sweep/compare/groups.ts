/** Which runs belong together: those that differ by their seed alone. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { sortedJson } from '../../experiment/training-hash.js';
import { displayName } from '../../report/names.js';
import { distinctions } from '../settings.js';
import type { FinishedRun } from './read.js';

/** Runs of one configuration, each with a seed of its own, ascending. */
export interface RunGroup {
  readonly id: string;
  readonly settings: string;
  readonly runs: readonly FinishedRun[];
}

/**
 * Puts runs into groups. A run that is there twice counts once; an audit that is unlike the first one's counts not.
 *
 * @returns the groups in the runs' order, and a note for all that was left out
 */
export function groupRuns(all: readonly FinishedRun[]): { groups: RunGroup[]; notes: string[] } {
  const notes: string[] = [];
  const byKey = new Map<string, FinishedRun[]>();
  for (const run of all) {
    const key = groupKey(run);
    const group = byKey.get(key) ?? [];
    byKey.set(key, group);
    if (group[0] && shapeOf(group[0]) !== shapeOf(run)) {
      notes.push(
        `${run.folder} has the configuration of ${group[0].folder}, but other curves or networks, which can't be: it was changed, or made by another version. Left out.`,
      );
      continue;
    }
    const twin = group.find(({ config }) => config.seed === run.config.seed);
    if (!twin) group.push(withLikeAudit(run, group[0], notes));
    else if (isDeepStrictEqual(twin.results.curves, run.results.curves)) {
      notes.push(`${run.folder} is the same run as ${twin.folder}: counted once.`);
    } else {
      notes.push(
        `${run.folder} has the configuration and the seed of ${twin.folder}, but other results, which can't be: one of them was changed, or made by another version. Only the latter counts.`,
      );
    }
  }
  const settings = distinctions([...byKey.values()].map(([{ config }]) => config));
  const groups = [...byKey].map(([key, runs], index) => ({
    id: `${runs[0].config.dataset}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`,
    settings: settings[index],
    runs: [...runs].sort((a, b) => a.config.seed - b.config.seed),
  }));
  return { groups: withNamesOfTheirOwn(groups), notes };
}

/** Which curves, points and networks there are. */
const shapeOf = ({ results }: FinishedRun): string =>
  JSON.stringify([
    results.testImages,
    Object.keys(results.models),
    results.curves.map(({ points, ...curve }) => [
      [curve.attack, curve.source, curve.target, curve.path, curve.loss],
      points.map(({ epsilon }) => epsilon),
    ]),
  ]);

/** All that decides a run but its seed; of data of one's own, the images and not where they lie. */
const groupKey = ({ config, results }: FinishedRun): string => {
  const data = config.data === null ? null : (results.imagesSha256 ?? config.data);
  return sortedJson({ ...config, seed: 0, data });
};

/** The run, without its audit where that was made otherwise than the first one's; the note says so. */
export function withLikeAudit(run: FinishedRun, first: FinishedRun | undefined, notes: string[] = []): FinishedRun {
  const { audit, folder } = run;
  if (!audit || !first?.audit) return run;
  if (audit.testImages === first.audit.testImages && isDeepStrictEqual(audit.settings, first.audit.settings))
    return run;
  notes.push(`The audit in ${folder} was made with other settings than that in ${first.folder}: left out.`);
  return { ...run, audit: undefined };
}

/** Groups whose settings read the same, as those of other images do, are told apart by their ids. */
const withNamesOfTheirOwn = (groups: readonly RunGroup[]): RunGroup[] =>
  groups.map((group) => {
    const { id, settings, runs } = group;
    const like = (other: RunGroup) =>
      other.settings === settings && other.runs[0].config.dataset === runs[0].config.dataset;
    if (groups.filter(like).length === 1) return group;
    return { ...group, settings: settings === '' ? id : `${settings} (${id})` };
  });

/**
 * Groups whose accuracies can be held against each other: on the same test images, at the same ε.
 *
 * @returns lists of groups, and a note where those of one data set fall apart
 */
export function comparable(groups: readonly RunGroup[]): { families: RunGroup[][]; notes: string[] } {
  const families = new Map<string, RunGroup[]>();
  for (const group of groups) {
    const [{ config, results }] = group.runs;
    const images = results.imagesSha256?.test ?? config.data;
    const key = JSON.stringify([config.dataset, images, results.testImages, config.epsilons]);
    families.set(key, [...(families.get(key) ?? []), group]);
  }
  const datasets = [...new Set(groups.map(({ runs }) => runs[0].config.dataset))];
  const notes = datasets.flatMap((dataset) => {
    const apart = [...families.values()].filter(([{ runs }]) => runs[0].config.dataset === dataset);
    if (apart.length < 2) return [];
    const told = apart.map((family) => {
      const [{ results, config }] = family[0].runs;
      const images = `${results.testImages.toLocaleString('en')} test images`;
      return `${family.map(({ settings }) => settings).join('; ')} (${images}, ${config.epsilons.length} ε from ${config.epsilons[0]} to ${config.epsilons.at(-1)})`;
    });
    return [
      `${displayName(dataset)}: not held against each other, since their test images or their ε are others: ${told.join(' — ')}.`,
    ];
  });
  return { families: [...families.values()], notes };
}
