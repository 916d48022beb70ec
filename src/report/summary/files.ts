/** What a summary leaves in a folder. Each file is written to a temporary name and renamed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { Audit } from '../../audit/findings.js';
import { onDisk } from '../../disk/faults.js';
import { remove, writeWhole } from '../../disk/files.js';
import { figureA, figureB } from '../figures/accuracy.js';
import { figureOfDepths, type NetworkAngles } from '../figures/depth.js';
import { drawOne } from '../figures/draw.js';
import { figureC } from '../figures/worst-case.js';
import { displayName } from '../names.js';
import type { Results } from '../run/results.js';
import { formatSummaryCsv } from './csv.js';
import { meanAudit, meanResults } from './means.js';
import { type DrawnFigure, summaryPage } from './page.js';
import { type Group, parseSummary, type Summary } from './summary.js';
import { isBackpropagation } from './tables.js';
import { summaryLatex, summaryMarkdown } from './text.js';

/** A group's runs, in the order of its seeds; audits of those that have one like the others'. */
export interface GroupRuns {
  readonly results: readonly Results[];
  readonly audits: readonly Audit[];
}

/** A figure of some group or data set, of this summary or an earlier one. */
const FIGURE = /^figure-([abc]-[a-z0-9-]+-[0-9a-f]{8}|e-[a-z0-9-]+)\.(svg|png)$/;

/**
 * Writes `summary.json`, `.csv`, `.md`, `.tex` and `.html`, each group's figures (a), (b) and (c), and of networks of
 * several depths figure (e), into an existing folder, in the place of an earlier summary's.
 *
 * @param runs by the groups' ids
 * @returns the names of the files
 * @throws {UserError} if the summary would not read back; nothing is written then
 */
export async function writeSummary(
  summary: Summary,
  runs: ReadonlyMap<string, GroupRuns>,
  folder: string,
): Promise<string[]> {
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  parseSummary(json, join(folder, 'summary.json'));
  const drawn: DrawnFigure[] = [];
  const figures: string[] = [];
  const draw = async (name: string, of: string, title: string, spec: TopLevelSpec, group?: Group) => {
    const { files, svg } = await drawOne(folder, `${name}-${of}`, spec);
    figures.push(...files);
    drawn.push({ group, title: `${name.replace('-', ' ')} of ${title}`, svg });
  };
  for (const group of summary.groups) {
    for (const [name, spec] of specsOf(runs.get(group.id) as GroupRuns)) {
      await draw(name, group.id, groupName(group), withSettings(spec, group), group);
    }
  }
  for (const [dataset, networks] of networksOfSeveralDepths(summary)) {
    await draw('figure-e', dataset, displayName(dataset), figureOfDepths(networks, dataset));
  }
  for (const name of await onDisk('read', folder, () => readdir(folder))) {
    if (FIGURE.test(name) && !figures.includes(name)) await remove(join(folder, name));
  }
  const texts = {
    'summary.csv': formatSummaryCsv(summary),
    'summary.md': summaryMarkdown(summary),
    'summary.tex': summaryLatex(summary),
    'summary.html': summaryPage(summary, drawn, groupName),
    'summary.json': json,
  };
  for (const [name, text] of Object.entries(texts)) await writeWhole(join(folder, name), text);
  return [...Object.keys(texts), ...figures];
}

const groupName = ({ dataset, settings }: Group): string =>
  `${displayName(dataset)}${settings === '' ? '' : `, ${settings}`}`;

/** The figure, its subtitle telling what the group's settings are: it travels without the summary. */
function withSettings(spec: TopLevelSpec, { settings }: Group): TopLevelSpec {
  if (settings === '') return spec;
  const title = spec.title as { readonly subtitle: readonly string[] };
  return { ...spec, title: { ...title, subtitle: [...title.subtitle, settings] } } as TopLevelSpec;
}

/** The group's figures, by their names. */
function specsOf({ results, audits }: GroupRuns): [name: string, spec: TopLevelSpec][] {
  const means = meanResults(results);
  const specs = {
    'figure-a': figureA(means, results),
    'figure-b': figureB(means, results),
    'figure-c': audits.length > 0 ? figureC(meanAudit(audits), audits) : undefined,
  };
  return Object.entries(specs).flatMap(([name, spec]) => (spec ? [[name, spec] as [string, TopLevelSpec]] : []));
}

/** Each data set's networks that learned otherwise than by backpropagation, where their numbers of layers differ. */
function networksOfSeveralDepths({ groups }: Summary): [dataset: string, networks: NetworkAngles[]][] {
  const datasets = [...new Set(groups.map(({ dataset }) => dataset))];
  return datasets.flatMap((dataset): [string, NetworkAngles[]][] => {
    const networks = groups.filter((group) => group.dataset === dataset).flatMap(anglesOf);
    const depths = new Set(networks.map(({ angles }) => angles.length));
    return depths.size > 1 ? [[dataset, networks]] : [];
  });
}

function anglesOf({ settings, values }: Group): NetworkAngles[] {
  const all = values.filter(({ quantity }) => quantity === 'gradient angle');
  const layers = [...new Set(all.map(({ layer }) => layer))];
  return [...new Set(all.map(({ target }) => target))].flatMap((rule) => {
    const own = new Map(all.filter(({ target }) => target === rule).map(({ layer, mean }) => [layer, mean]));
    if (isBackpropagation([...own.values()])) return [];
    return [{ rule, name: settings, angles: layers.map((layer) => own.get(layer) ?? null) }];
  });
}
