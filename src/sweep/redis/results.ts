/** A finished run's files: taken from a worker's folder, and put into the sweep's once each has been read and checked. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseAudit } from '../../audit/findings.js';
import { makeFolder, readIfThere, removeUnfinished, writeWhole } from '../../disk/files.js';
import { UserError } from '../../errors.js';
import { networkName } from '../../experiment/folder.js';
import { GALLERY } from '../../experiment/gallery.js';
import { parseMetrics } from '../../experiment/metrics.js';
import { writeReport } from '../../experiment/report.js';
import { HASH } from '../../experiment/resume.js';
import { readNetwork } from '../../models/checkpoint.js';
import { checkAuditCsv, writeAuditFigures } from '../../report/audit/files.js';
import { parseGallery } from '../../report/gallery/gallery.js';
import { formatCsv } from '../../report/run/csv.js';
import { writeFigures } from '../../report/run/files.js';
import { parseResults } from '../../report/run/results.js';
import type { RuleName } from '../../rules/index.js';
import { loadKernels } from '../../tensor/backends.js';
import type { PlannedRun } from '../plan.js';
import type { Files } from './parcel.js';

const AUDIT_FILES = ['audit.json', 'audit.csv'];

/** What travels of a run. The rest is made from it where it arrives: results.csv, figures, config.json. */
function namesOf({ config, audit }: PlannedRun): string[] {
  const networks = (Object.keys(config.training) as RuleName[]).map(networkName);
  return ['results.json', 'metrics.jsonl', GALLERY, ...networks, ...(audit === 'none' ? [] : AUDIT_FILES)];
}

export const isResultFile =
  (run: PlannedRun) =>
  (name: string): boolean =>
    namesOf(run).includes(name);

/** @throws {UserError} if a file is missing */
export async function resultsIn(folder: string, run: PlannedRun): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  for (const name of namesOf(run)) {
    const bytes = await readIfThere(join(folder, name));
    if (!bytes) throw new UserError(`The run ended without ${name}.`);
    files.set(name, bytes);
  }
  return files;
}

/**
 * Checks that files are the results of a run: each can be read, and says that it is of this configuration. That its
 * numbers are true can't be seen from them.
 *
 * @throws {UserError} if not
 */
async function parse(files: Files, { config, audit: asked }: PlannedRun) {
  const textOf = (name: string) => new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(files, name));
  const rules = Object.keys(config.training) as RuleName[];
  const check = (name: string, fits: boolean) => {
    if (!fits) throw new UserError(`${name} is of another run.`);
  };
  const results = parseResults(textOf('results.json'), 'results.json');
  const { dataset, seed, testImages, models, curves } = results;
  check(
    'results.json',
    dataset === config.dataset && seed === config.seed && isDeepStrictEqual(Object.keys(models), rules),
  );
  check('results.json', config.testSize === null || testImages === config.testSize);
  for (const { attack, source, target, points } of curves) {
    check('results.json', (config.attacks as readonly string[]).includes(attack));
    const found = points.map(({ epsilon }) => epsilon);
    // Among many networks transfer is measured at a few epsilons only.
    const few = source !== target && found.every((epsilon) => config.epsilons.includes(epsilon));
    check('results.json', few || isDeepStrictEqual(found, config.epsilons));
  }
  const metrics = parseMetrics(textOf('metrics.jsonl'), 'metrics.jsonl');
  check(
    'metrics.jsonl',
    metrics.every(({ rule }) => (rules as readonly string[]).includes(rule)),
  );
  check(GALLERY, parseGallery(textOf(GALLERY), GALLERY).dataset === config.dataset);
  const kernels = await loadKernels('reference');
  for (const rule of rules) {
    const name = networkName(rule);
    const saved = readNetwork(bytesOf(files, name), name, kernels);
    const { metadata } = saved;
    check(name, saved.rule === rule && saved.spec.model === config.model);
    check(name, metadata.seed === `${config.seed}` && metadata.dataset === config.dataset && HASH in metadata);
  }
  if (asked === 'none') return { results, metrics };
  const audit = parseAudit(textOf('audit.json'), 'audit.json');
  check('audit.json', audit.dataset === config.dataset && audit.seed === config.seed);
  check('audit.json', isDeepStrictEqual(Object.keys(audit.models), rules));
  checkAuditCsv(textOf('audit.csv'), audit);
  return { results, metrics, audit };
}

function bytesOf(files: Files, name: string): Uint8Array {
  const bytes = files.get(name);
  if (!bytes) throw new UserError(`${name} is missing.`);
  return bytes;
}

/**
 * Writes a finished run into its folder, as it would be had it been done there; results.json, which makes it finished,
 * at the end. To be called while nobody else works in the folder.
 *
 * @throws {UserError} if a file is not what it should be; nothing is written then
 */
export async function writeRun(folder: string, run: PlannedRun, files: Files): Promise<void> {
  let parsed: Awaited<ReturnType<typeof parse>>;
  try {
    parsed = await parse(files, run);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`The results can't be read: ${(error as Error).message}`); // no text in UTF-8, say
  }
  await makeFolder(folder);
  await removeUnfinished(folder);
  await writeWhole(join(folder, 'config.json'), `${JSON.stringify(run.config, null, 2)}\n`);
  for (const [name, bytes] of files) if (name !== 'results.json') await writeWhole(join(folder, name), bytes);
  if (parsed.audit) await writeAuditFigures(parsed.audit, folder);
  await writeFigures(parsed.results, parsed.metrics, folder);
  await writeWhole(join(folder, 'results.csv'), formatCsv(parsed.results));
  await writeReport(folder, { results: parsed.results });
  await writeWhole(join(folder, 'results.json'), bytesOf(files, 'results.json'));
}
