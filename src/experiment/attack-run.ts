import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { remove, removeUnfinished, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { networkSpec } from '../models/create.js';
import { checkMemory } from '../parallel/memory-need.js';
import type { SharedNetwork } from '../parallel/messages.js';
import { withPool } from '../parallel/pool.js';
import { writeFigures, writeResults } from '../report/run/files.js';
import type { Curve, Results } from '../report/run/results.js';
import type { RuleName } from '../rules/index.js';
import { loadKernels } from '../tensor/backends.js';
import { firstImages } from '../tensor/images.js';
import { type AttackContext, attackStep, optionsOf } from './attack.js';
import { type Config, parseConfig } from './config.js';
import type { WorkSettings } from './context.js';
import { checkClasses } from './data.js';
import { runData, runNetworks } from './finished-run.js';
import { RunFolder } from './folder.js';
import { GALLERY, writeGallery } from './gallery.js';
import { KeptPieces } from './kept.js';
import { secondsOf } from './metrics.js';
import { reportIfReadable } from './report.js';
import { correctAmongTest, resultsOf } from './results.js';
import { readRun, runConfig } from './run-files.js';
import { sortedJson, trainingImages } from './training-hash.js';

/** How a run's networks are attacked, where it is not as in the run itself. */
export type AttackSettings = Pick<Config, 'attacks' | 'epsilons' | 'paths' | 'loss' | 'attackOptions'>;

export interface AttackRunOptions extends WorkSettings {
  readonly settings: Partial<AttackSettings>;
  /** How many test images, from the run's first: a thousand, or as many as there are, unless said. */
  readonly images?: number | undefined;
  /** Of the folder for the files, below the run's `attacks/`; made from the settings unless given. */
  readonly name?: string | undefined;
  /** Whether attacks that are there already may be replaced. */
  readonly force: boolean;
  /** The folder of the data set's files, where they are not where config.json says. */
  readonly data?: string | undefined;
}

export interface AttackOutcome {
  readonly results: Results;
  /** Where the files are, and their names. */
  readonly folder: string;
  readonly files: readonly string[];
}

const IMAGES = 1000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}$/;

/**
 * Attacks the networks that a run left in its folder, and leaves curves and figures in `attacks/<name>/` below it.
 * Nothing is trained, and nothing of the run's changes. An attack that was interrupted goes on where it was.
 *
 * @throws {UserError} if the folder holds no finished networks, the test images are others by now, a setting is
 *   unusable, or such attacks are there already
 */
export async function attackRun(run: string, options: AttackRunOptions): Promise<AttackOutcome> {
  const { settings, images = IMAGES, onWait, signal } = options;
  const own = await runConfig(run);
  const config = parseConfig({ ...own, ...settings, testSize: images }, 'The attack');
  const name = options.name ?? defaultName(config);
  if (!NAME.test(name)) {
    throw new UserError(`--name "${name}": letters, digits, and then also . + _ - are expected, 100 at most.`);
  }
  const out = join(run, 'attacks', name);
  return await RunFolder.locked(out, () => attackInto(out, run, { own, config }, options), {
    onWait,
    signal,
    other: '--name',
  });
}

/** What the folder is called: in words, and by a hash of all that is set. */
function defaultName({ attacks, epsilons, paths, loss, attackOptions, testSize }: Config): string {
  const all = { attacks, epsilons, paths, loss, attackOptions, testSize };
  const hash = createHash('sha256').update(sortedJson(all)).digest('hex').slice(0, 8);
  return [attacks.join('+').slice(0, 60), paths.join('+'), loss, `${testSize}`, hash].join('-');
}

async function attackInto(
  out: string,
  run: string,
  { own, config }: { readonly own: Config; readonly config: Config },
  { images: asked, force, data, workers, progress, signal }: AttackRunOptions,
): Promise<AttackOutcome> {
  if (existsSync(join(out, 'results.json')) && !force) {
    throw new UserError(
      `${out} holds these attacks already. Choose another folder with --name, or say --force to replace them.`,
    );
  }
  const { dataset: whole, test: there } = await runData(run, own, data, { progress, signal });
  checkClasses(config.loss, whole);
  const images = asked ?? Math.min(IMAGES, there.count);
  if (images > there.count) {
    throw new UserError(
      `--images ${images}: the run has ${there.count} test images; that many or fewer are accepted. Try --images ${there.count}.`,
    );
  }
  const train = firstImages(whole.train, own.trainSize ?? whole.train.count);
  const dataset = { ...whole, train, test: firstImages(there, images) };
  const seconds = await trainSeconds(run);
  await removeUnfinished(out);
  return await withPool(workers, own.backend, signal, async (pool) => {
    await checkMemory(pool, networkSpec(dataset, own), own.training);
    const kernels = await loadKernels(pool.backend, pool.heap);
    const saved = await runNetworks(run, own, whole, kernels, (line) => progress.log(line));
    const networks = new Map<RuleName, { network: SharedNetwork }>(
      [...saved].map(([rule, { spec, parameters }]) => [rule, { network: { spec, rule, ...parameters } }]),
    );
    if (force) await remove(join(out, 'results.json')); // else an interruption would leave old results beside a new config.json
    await writeWhole(join(out, 'config.json'), `${JSON.stringify({ ...config, testSize: images }, null, 2)}\n`);
    const kept = new KeptPieces(out, (line) => progress.log(line));
    const context: AttackContext = { config, dataset, pool, kept, progress };
    const curves: Curve[] = [];
    for (const source of networks.keys()) curves.push(...(await attackStep(context, source, networks)));
    signal?.throwIfAborted();
    const models = new Map<string, { correct: number; trainSeconds: number }>();
    for (const [rule, { network }] of networks) {
      models.set(rule, { correct: await correctAmongTest(context, network), trainSeconds: seconds(rule) });
    }
    const results = resultsOf(context, models, curves, trainingImages(train));
    const files = [
      'config.json',
      ...(await writeFigures(results, [], out)),
      ...(await writeResults(results, out, async () => {
        const gallery = await galleryIn(out, context, networks);
        const report = await reportIfReadable(out, progress, { results });
        await kept.clear();
        return [...gallery, ...report];
      })),
    ];
    return { results, folder: out, files };
  });
}

/** How long each network was trained: as the run's results say, or its metrics where they are not there (yet). */
async function trainSeconds(run: string): Promise<(rule: RuleName) => number> {
  const { results } = await readRun(run, ['results']);
  if (results) return (rule) => results.models[rule]?.trainSeconds ?? 0;
  const { metrics = [] } = await readRun(run, ['metrics']);
  return (rule) => secondsOf(metrics.filter((epoch) => epoch.rule === rule));
}

/** The first of the attacks on a few images; nothing where it is at ε = 0 alone. */
async function galleryIn(
  out: string,
  { config, dataset, pool }: AttackContext,
  networks: ReadonlyMap<RuleName, { readonly network: SharedNetwork }>,
): Promise<string[]> {
  const { attacks, paths, loss, seed } = config;
  const epsilons = config.epsilons.filter((epsilon) => epsilon > 0);
  if (epsilons.length === 0) {
    await remove(join(out, GALLERY)); // that of other attacks, which these replace
    return [];
  }
  const shared = new Map([...networks].map(([rule, { network }]) => [rule, network]));
  const attack = { name: attacks[0], options: optionsOf(config), paths, loss, seed };
  return [await writeGallery({ networks: shared, images: dataset.test, dataset, epsilons, attack, pool }, out)];
}
