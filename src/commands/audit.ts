import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, parse } from 'node:path';
import { type AuditSettings, defaultAudit } from '../audit/recipe.js';
import type { DatasetName } from '../datasets/index.js';
import { checkNamed, checkWritable, readText } from '../disk/files.js';
import { UserError } from '../errors.js';
import { type AuditOutcome, type AuditRunOptions, auditRun } from '../experiment/audit.js';
import { auditFile, type FileDescription } from '../experiment/audit-file.js';
import { checkFolder } from '../experiment/run-files.js';
import { parseTensorNames } from '../models/foreign.js';
import type { ModelName } from '../models/index.js';
import type { ActivationName } from '../models/lenet.js';
import { answerText, auditText } from '../report/audit/text.js';
import type { RuleName } from '../rules/index.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** What says of a network in a file what a run's config.json says of a run's networks. */
export interface NetworkOptions {
  readonly dataset?: DatasetName;
  readonly data?: string;
  readonly model?: ModelName;
  readonly activation?: ActivationName;
  readonly rule?: RuleName;
  readonly names?: string;
  readonly mean?: number[];
  readonly std?: number[];
  readonly seed?: number;
  readonly out?: string;
}

/** The options of `npm start -- audit`. */
export interface AuditOptions extends NetworkOptions, Partial<AuditSettings> {
  readonly force?: boolean;
  readonly workers?: number;
  readonly verbose?: boolean;
}

/**
 * `npm start -- audit out/<run>` audits a finished run's networks, `npm start -- audit network.safetensors` any network;
 * prints what it finds.
 *
 * @throws {UserError} if there is no finished run or network, or an option is unusable
 * @throws {Interruption} if it was interrupted
 */
export async function auditCommand(path: string, options: AuditOptions): Promise<void> {
  const settings: Partial<AuditSettings> = Object.fromEntries(
    Object.keys(defaultAudit).flatMap((name) => {
      const said = options[name as keyof AuditSettings];
      return said === undefined ? [] : [[name, said]];
    }),
  );
  if (options.data !== undefined) checkNamed(options.data, '--data');
  const { folder, audit } = (await isFile(path)) ? await ofFile(path, options) : await ofRun(path, options);
  await checkWritable(folder);
  const { workers = availableParallelism() } = options;
  const progress = progressOn(process.stderr);
  const started = performance.now();
  const { audit: found, files } = await interruptible(
    (signal) => audit({ settings, foretold: true, force: options.force, workers, progress, signal }),
    () =>
      `An audit is written when it is complete. What is finished of it is kept in ${folder}: the same command goes on.`,
  );
  const end = filesText(duration((performance.now() - started) / 1000), folder, files);
  const told = options.verbose ? auditText : answerText;
  process.stdout.write(`\n${told(found, widthOf(process.stdout))}\n\n${end}\n`);
}

/** Where an audit leaves its files, and how it is made. */
interface Audited {
  readonly folder: string;
  audit(options: AuditRunOptions): Promise<AuditOutcome>;
}

/** A folder is a run's; a name that ends like a network's is a network's, though nothing be there. */
const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => !found.isDirectory(),
    () => path.endsWith('.safetensors'),
  );

async function ofRun(folder: string, options: AuditOptions): Promise<Audited> {
  await checkFolder(folder, 'a run, such as out/mnist-1, or a network: a safetensors file');
  const ofFiles = ['dataset', 'model', 'activation', 'rule', 'names', 'mean', 'std', 'seed', 'out'] as const;
  const given = ofFiles.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new UserError(
      `--${given} is for a network in a file: of those in a run's folder, ${join(folder, 'config.json')} says all that.`,
    );
  }
  return { folder, audit: (audited) => auditRun(folder, { ...audited, data: options.data }) };
}

async function ofFile(file: string, options: AuditOptions): Promise<Audited> {
  for (const name of ['out', 'names'] as const) {
    if (options[name] !== undefined) checkNamed(options[name], `--${name}`);
  }
  const { dataset, data, model, activation, rule, names, mean, std, seed = 1 } = options;
  const description: FileDescription = {
    ...{ dataset, data, model, activation, rule, mean, std, seed },
    names: names === undefined ? undefined : parseTensorNames(await readText(names, '--names'), names),
  };
  const folder = options.out ?? join(dirname(file), `${parse(file).name}.audit`);
  return { folder, audit: (audited) => auditFile(file, description, folder, audited) };
}
