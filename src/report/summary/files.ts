/** What a summary leaves in a folder. Each file is written to a temporary name and renamed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { Audit } from '../../audit/findings.js';
import { onDisk } from '../../disk/faults.js';
import { remove, writeWhole } from '../../disk/files.js';
import { figureA, figureB } from '../figures/accuracy.js';
import { renderPng, renderSvg } from '../figures/render.js';
import { figureC } from '../figures/worst-case.js';
import { displayName } from '../names.js';
import type { Results } from '../run/results.js';
import { formatSummaryCsv } from './csv.js';
import { meanAudit, meanResults } from './means.js';
import { type DrawnFigure, summaryPage } from './page.js';
import { type Group, parseSummary, type Summary } from './summary.js';
import { summaryLatex, summaryMarkdown } from './text.js';

/** A group's runs, in the order of its seeds; audits of those that have one like the others'. */
export interface GroupRuns {
  readonly results: readonly Results[];
  readonly audits: readonly Audit[];
}

/** A figure of some group, of this summary or an earlier one. */
const FIGURE = /^figure-[abc]-[a-z0-9-]+-[0-9a-f]{8}\.(svg|png)$/;

/**
 * Writes `summary.json`, `.csv`, `.md`, `.tex` and `.html`, and each group's figures (a), (b) and (c), into an existing
 * folder, in the place of an earlier summary's.
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
  for (const group of summary.groups) {
    for (const [name, spec] of specsOf(runs.get(group.id) as GroupRuns)) {
      const svg = await renderSvg(withSettings(spec, group));
      const files = ['svg', 'png'].map((kind) => `${name}-${group.id}.${kind}`);
      await writeWhole(join(folder, files[0]), svg);
      await writeWhole(join(folder, files[1]), await renderPng(svg));
      figures.push(...files);
      drawn.push({ group, title: `${name.replace('-', ' ')} of ${groupName(group)}`, svg });
    }
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
