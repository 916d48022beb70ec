import { stat } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import type { AuditSettings } from '../audit/recipe.js';
import { datasets } from '../datasets/index.js';
import { checkNamed, checkWritable, readText } from '../disk/files.js';
import { UserError } from '../errors.js';
import { type AuditOutcome, type AuditRunOptions, auditRun } from '../experiment/audit.js';
import { auditFile, type FileDescription } from '../experiment/audit-file.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { checkFolder } from '../experiment/run-files.js';
import { parseTensorNames } from '../models/foreign.js';
import { models } from '../models/index.js';
import { activations } from '../models/lenet.js';
import { answerText, auditText } from '../report/audit/text.js';
import { rules } from '../rules/index.js';
import { decimalNumber, duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { choice, integer, seedOption, workerCount } from './options.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** What says of a network in a file what a run's config.json says of a run's networks; as it was written. */
export interface NetworkOptions {
  readonly dataset?: string;
  readonly data?: string;
  readonly model?: string;
  readonly activation?: string;
  readonly rule?: string;
  readonly names?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly seed?: string;
  readonly out?: string;
}

/** The options of `npm start -- audit`, as they were written. */
export interface AuditOptions extends NetworkOptions {
  readonly images?: string;
  readonly epsilons?: string;
  readonly iterations?: string;
  readonly restarts?: string;
  readonly queries?: string;
  readonly spsaImages?: string;
  readonly spsaIterations?: string;
  readonly targets?: string;
  readonly standard?: boolean;
  readonly force?: boolean;
  readonly workers?: string;
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
  const said = {
    images: integer('--images', options.images),
    epsilons: options.epsilons === undefined ? undefined : parseEpsilons(options.epsilons),
    iterations: integer('--iterations', options.iterations),
    restarts: integer('--restarts', options.restarts),
    queries: integer('--queries', options.queries),
    spsaImages: integer('--spsa-images', options.spsaImages),
    spsaIterations: integer('--spsa-iterations', options.spsaIterations),
    targets: integer('--targets', options.targets),
    standard: options.standard,
  };
  const settings: Partial<AuditSettings> = Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  );
  if (options.data !== undefined) checkNamed(options.data, '--data');
  const { folder, audit } = (await isFile(path)) ? await ofFile(path, options) : await ofRun(path, options);
  await checkWritable(folder);
  const workers = workerCount(options.workers);
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
  const { names } = options;
  const description: FileDescription = {
    dataset: choice('--dataset', options.dataset, datasets),
    data: options.data,
    model: choice('--model', options.model, models),
    activation: choice('--activation', options.activation, activations),
    rule: choice('--rule', options.rule, rules),
    names: names === undefined ? undefined : parseTensorNames(await readText(names, '--names'), names),
    mean: perChannel('--mean', options.mean),
    std: perChannel('--std', options.std),
    seed: seedOption(options.seed) ?? 1,
  };
  const folder = options.out ?? join(dirname(file), `${parse(file).name}.audit`);
  return { folder, audit: (audited) => auditFile(file, description, folder, audited) };
}

/** A number for each channel, as `0.49,0.48,0.45`. */
function perChannel(option: string, text: string | undefined): number[] | undefined {
  return text?.split(',').map((part) => {
    const value = decimalNumber(part.trim());
    if (value !== undefined) return value;
    throw new UserError(`${option} "${text}": a number for each channel is expected, as 0.1307 or 0.49,0.48,0.45.`);
  });
}
