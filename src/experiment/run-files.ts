/* The one reader of a run's folder. Every command that reads runs gets its files from here, and says the same of the same damage. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Audit, parseAudit } from '../audit/findings.js';
import { called } from '../called.js';
import { onDisk } from '../disk/faults.js';
import { checkNamed, readTextIfThere } from '../disk/files.js';
import { UserError } from '../errors.js';
import { type Gallery, parseGallery } from '../report/gallery/gallery.js';
import { parseResults, type Results } from '../report/run/results.js';
import { type Config, parseConfigText } from './config.js';
import { type EpochMetrics, missingEpochs, parseMetrics, withoutTornLine } from './metrics.js';

/** What a folder holds, by the file's name without its ending; undefined where there is no such file. */
interface RunFiles {
  readonly config?: Config | undefined;
  readonly results?: Results | undefined;
  readonly audit?: Audit | undefined;
  readonly gallery?: Gallery | undefined;
  readonly metrics?: readonly EpochMetrics[] | undefined;
}
type FileName = keyof RunFiles;

/**
 * How a person gets a run's file again where it is damaged. It names no option but within a whole command, so that
 * whichever command finds the damage can give it.
 */
export const remedies = {
  config: () => 'Restore it from a copy, or make the run again in another folder.',
  results: () => 'Restore it from a copy, or remove it and give the command again that wrote it.',
  audit: (folder: string) =>
    `Restore it from a copy, or repeat the audit: \`${called(`${auditOf(folder)} --force`)}\`.`,
  gallery: () => 'Restore it from a copy, or remove it: the report then has no pictures.',
  metrics: () => 'Restore it from a copy, or remove it: the report then has no training curves.',
  network: () =>
    "Restore it from a copy, or remove it and results.json and give the run's command again, which trains that network alone.",
} as const;

const auditOf = (folder: string): string =>
  existsSync(join(folder, 'config.json')) ? `audit ${folder}` : `audit <network>.safetensors --out ${folder}`;

const parsers = {
  config: parseConfigText,
  results: parseResults,
  audit: parseAudit,
  gallery: parseGallery,
  metrics: (text, file, advice) => parseMetrics(withoutTornLine(text), file, advice),
} satisfies { [Name in FileName]-?: (text: string, file: string, advice: string) => RunFiles[Name] };

/** The name of a run's file, as `config.json`. */
export const fileName = (name: FileName): string => (name === 'metrics' ? 'metrics.jsonl' : `${name}.json`);

/**
 * Reads files of a run's folder, and holds them against each other: results, an audit and a configuration that are not
 * of one run are not read.
 *
 * @param names the files that are needed
 * @returns what each holds; undefined for a file that isn't there
 * @throws {UserError} if there is no such folder, or a file can't be read, is damaged, or is of another run than those
 *   beside it
 */
export async function readRun<Name extends FileName>(
  folder: string,
  names: readonly Name[],
): Promise<Pick<RunFiles, Name>> {
  await checkFolder(folder);
  const read = await Promise.all(names.map(async (name) => [name, await readFile(folder, name)] as const));
  const files: RunFiles = Object.fromEntries(read);
  checkOneRun(folder, files);
  return files as Pick<RunFiles, Name>;
}

async function readFile(folder: string, name: FileName): Promise<RunFiles[FileName]> {
  const file = join(folder, fileName(name));
  const remedy = remedies[name](folder);
  const text = await withRemedy(remedy, () => readTextIfThere(file));
  return text === undefined ? undefined : parsers[name](text, file, remedy);
}

/** Does work whose errors say what is wrong with a file of the run, and not what to do about it. */
export async function withRemedy<Result>(remedy: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} ${remedy}`, { cause: error });
  }
}

/**
 * The configuration of the run that is in a folder.
 *
 * @throws {UserError} if there is none, or it is damaged
 */
export async function runConfig(folder: string): Promise<Config> {
  const { config } = await readRun(folder, ['config']);
  if (config) return config;
  throw noRun(folder);
}

export const noRun = (folder: string): UserError =>
  new UserError(`${folder} holds no run: there is no config.json. Give a folder that the main job has written.`);

/**
 * Checks that there is a folder of this name.
 *
 * @param what it should be, for the message of an error
 * @throws {UserError} if there is nothing, or something else
 */
export async function checkFolder(folder: string, what = 'a run, such as out/mnist-1'): Promise<void> {
  checkNamed(folder, 'The folder of a run');
  const found = await onDisk('read', folder, () => stat(folder).catch(nothingThere));
  if (!found) throw new UserError(`${folder} does not exist. Give the folder of ${what}.`);
  if (!found.isDirectory()) throw new UserError(`${folder} is a file. Give the folder of ${what}.`);
}

/** A link that leads nowhere is there, and the error that tells it is the system's. */
async function nothingThere(error: NodeJS.ErrnoException): Promise<undefined> {
  if (error.code !== 'ENOENT') throw error;
}

/** @throws {UserError} if files that were read are of different runs */
function checkOneRun(folder: string, { config, results, audit }: RunFiles): void {
  if (results && config) checkSameRun(join(folder, 'results.json'), results, 'config.json', config, remedies.results());
  const [known, beside] = results ? [results, 'results.json'] : [config, 'config.json'];
  if (!audit || !known) return;
  const file = join(folder, 'audit.json');
  const remedy = remedies.audit(folder);
  checkSameRun(file, audit, beside, known, remedy);
  const [expected, audited] = [Object.keys(results?.models ?? config?.training ?? {}), Object.keys(audit.models)];
  const missing = expected.filter((name) => !audited.includes(name));
  if (missing.length > 0) {
    throw new UserError(`${file} has no network ${missing.join(', ')}, which ${beside} beside it names. ${remedy}`);
  }
  const more = audited.filter((name) => !expected.includes(name));
  if (more.length === 0) return;
  throw new UserError(`${file} has a network ${more.join(', ')}, which ${beside} beside it does not name. ${remedy}`);
}

type OfRun = Pick<Config, 'seed'> & { readonly dataset: string };

function checkSameRun(file: string, found: OfRun, other: string, expected: OfRun, remedy: string): void {
  const [one, two] = [found, expected].map(({ dataset, seed }) => `${dataset}, seed ${seed}`);
  if (one === two) return;
  throw new UserError(`${file} is of ${one}, and ${other} beside it of ${two}: they are not of one run. ${remedy}`);
}

/** What a finished run's metrics.jsonl lacks, in a sentence; undefined if it is whole, or there is nothing to hold it against. */
export function metricsGap(
  file: string,
  { config, metrics }: Pick<RunFiles, 'config' | 'metrics'>,
): string | undefined {
  if (!config || !metrics) return undefined;
  const epochs = Object.entries(config.training).map(([rule, plan]) => [rule, plan.epochs]);
  return missingEpochs(metrics, Object.fromEntries(epochs), file);
}
