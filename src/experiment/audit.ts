import { type AuditWork, auditNetworks } from '../audit/audit.js';
import type { ConcludedNetwork } from '../audit/conclude.js';
import type { Audit, AuditedNetwork } from '../audit/findings.js';
import type { AuditSettings, defaultAudit } from '../audit/recipe.js';
import type { Forecast, Round } from '../audit/rehearsal.js';
import { piecesOf, type Trial } from '../audit/trials.js';
import { removeUnfinished } from '../disk/files.js';
import { networkSpec } from '../models/create.js';
import { checkMemory } from '../parallel/memory-need.js';
import type { SharedNetwork } from '../parallel/messages.js';
import { type WorkerPool, withPool } from '../parallel/pool.js';
import { writeAudit } from '../report/audit/files.js';
import { rules } from '../rules/index.js';
import { ownPath } from '../rules/path.js';
import { loadKernels } from '../tensor/backends.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import { VERSION } from '../version.js';
import { foretell } from './audit-forecast.js';
import { trialPieces } from './audit-pieces.js';
import { auditSettings } from './audit-settings.js';
import { checkNoStronger } from './audit-strength.js';
import type { SweepSettings, WorkSettings } from './context.js';
import { noteFewer } from './data.js';
import { runData, runNetworks } from './finished-run.js';
import { RunFolder } from './folder.js';
import { type GalleryWork, writeGallery } from './gallery.js';
import { KeptPieces, networkDigest } from './kept.js';
import { type Pace, type Progress, stepTitles } from './progress.js';
import { reportIfReadable } from './report.js';
import { runConfig } from './run-files.js';
import { trainingImages } from './training-hash.js';

export interface AuditRunOptions extends WorkSettings {
  /** What differs from {@link defaultAudit}. */
  readonly settings?: Partial<AuditSettings>;
  /** Whether to say beforehand how long it will take, after an audit of a few images. */
  readonly foretold?: boolean;
  /** Whether an audit that is there already may be replaced by a weaker one. */
  readonly force?: boolean;
}

/** What an audit found, and the names of the files that say it. */
export interface AuditOutcome {
  readonly audit: Audit;
  readonly files: readonly string[];
}

/** How a run's audit is made. */
export interface RunAuditOptions extends AuditRunOptions, Pick<SweepSettings, 'figures' | 'onWorkers'> {
  /** The folder of the data set's files, where they are not where config.json says. */
  readonly data?: string | undefined;
}

/**
 * Audits the networks that a run left in its folder, on the run's own test images, and writes what it finds there.
 *
 * @throws {UserError} if the folder holds no finished networks, or a setting is unusable
 */
export async function auditRun(folder: string, options: RunAuditOptions): Promise<AuditOutcome> {
  await runConfig(folder); // before the lock: there must be a run
  const { onWait, signal } = options;
  return await RunFolder.locked(folder, () => auditInFolder(folder, options), { onWait, signal, other: undefined });
}

async function auditInFolder(
  folder: string,
  { settings: changes = {}, foretold, force, data, figures, workers, progress, signal, onWorkers }: RunAuditOptions,
): Promise<AuditOutcome> {
  const config = await runConfig(folder);
  await removeUnfinished(folder);
  const { dataset, test: images } = await runData(folder, config, data, { progress, signal });
  const settings = auditSettings(config.dataset, changes, images.count);
  if (!force) await checkNoStronger(folder, settings);
  noteFewer(changes.images, images.count, 'audited', progress);
  return await withPool(workers, config.backend, signal, async (pool) => {
    await checkMemory(pool, networkSpec(dataset, config), config.training);
    onWorkers?.((more) => pool.grow(more));
    const kernels = await loadKernels(pool.backend, pool.heap);
    const saved = await runNetworks(folder, config, dataset, kernels, (line) => progress.log(line));
    const networks = new Map([...saved].map(([rule, { spec, parameters }]) => [rule, { spec, rule, ...parameters }]));
    const context = { networks, images, seed: config.seed, settings, foretold, pool, progress };
    return await auditAndWrite(context, { dataset, folder, figures });
  });
}

/** Networks in memory that a pool's workers see, and how they are to be audited. */
export interface AuditContext {
  readonly networks: ReadonlyMap<string, SharedNetwork>;
  readonly images: LabelledImages;
  readonly seed: number;
  readonly settings: AuditSettings;
  readonly foretold?: boolean | undefined;
  readonly pool: WorkerPool;
  readonly progress: Progress;
}

/** Audits networks that are at hand, and writes what it finds into a run's folder: the last step of the main job. */
export async function auditAndWrite(
  context: AuditContext,
  about: Pick<SweepSettings, 'figures'> & {
    readonly dataset: GalleryWork['dataset'];
    readonly folder: string;
    readonly network?: AuditedNetwork;
  },
): Promise<AuditOutcome> {
  const { dataset, folder, network, figures = true } = about;
  const { networks, settings, seed } = context;
  const images = firstImages(context.images, settings.images);
  const subjects = [...networks].map(([name, { rule, spec }]) => ({
    name,
    ownPath: ownPath(rules[rule]),
    classes: spec.classes,
  }));
  const kept = new KeptPieces(folder, (line) => context.progress.log(line));
  const forecast = context.foretold
    ? await foretell({ ...context, subjects, images, begun: await kept.any() })
    : undefined;
  const found = await auditNetworks(subjects, images, settings, workOf(context, kept, forecast));
  const each = <Value>(pick: (network: ConcludedNetwork) => Value): Record<string, Value> =>
    Object.fromEntries(Object.entries(found).map(([name, network]) => [name, pick(network)]));
  const models = each(({ conclusion }) => conclusion);
  const audit: Audit = {
    schema: 1,
    dataset: dataset.name,
    seed,
    testImages: images.count,
    classes: dataset.classes,
    ...(network && { network }),
    settings,
    models,
  };
  const files = await writeAudit(
    audit,
    each(({ rows }) => rows),
    { folder, figures },
    async () => {
      const gallery = await writeGallery({ ...context, dataset, epsilons: settings.epsilons }, folder);
      const report = figures ? await reportIfReadable(folder, context.progress, { audit }) : [];
      await kept.clear();
      return [gallery, ...report];
    },
  );
  return { audit, files };
}

/** What was foretold counts in the time left as if this part of the audit had been done so. */
const FORETOLD = 0.1;

/**
 * An audit's work, done by the pool; the trials that an interrupted one left are taken as they are.
 *
 * @param forecast tells how far the whole audit is; without it, each round is told for itself
 */
function workOf({ networks, seed, pool, progress }: AuditContext, kept: KeptPieces, forecast?: Forecast): AuditWork {
  let rounds = 0;
  let before = 0;
  let pace: Pace | undefined;
  const roundOf = (trials: readonly Trial[], images: number): Round => {
    if (!forecast) return { total: piecesOf(trials).length, after: (pieces) => pieces };
    const units = FORETOLD * forecast.secondsFor(images);
    pace ??= { units, seconds: units / pool.size };
    return forecast.round(rounds++, before, trials, images);
  };
  const digests = Object.fromEntries([...networks].map(([name, network]) => [name, networkDigest(network)]));
  const named = (name: string) => networks.get(name) as SharedNetwork;
  return {
    inspect: async (name, images) => (await pool.run('inspectGradients', { network: named(name), images })).flat(),
    async tryAttacks(name, images, trials, remaining) {
      const audited = named(name);
      const title = stepTitles.audit(rules[audited.rule].label, remaining);
      const job = { audited, sources: Object.fromEntries(networks), images, seed, trials };
      const decides = {
        ...{ audited: name, networks: digests, seed, version: VERSION, backend: pool.backend },
        images: trainingImages(images).sha256,
        trials: trials.map((trial) => ({ ...trial, images: [...trial.images] })),
      };
      const { total, after } = roundOf(trials, images.count);
      const done = await kept.piece(decides, trialPieces(trials), async () => {
        const began = performance.now();
        const run = (update: (done: number) => void) =>
          pool.run('auditTrials', job, { onProgress: (count) => update(after(count)) });
        const pieces = (await progress.during(title, total, before, run, pace)).flat();
        const seconds = (performance.now() - began) / 1000;
        if (pace) pace = { units: pace.units + after(pieces.length) - before, seconds: pace.seconds + seconds };
        return pieces;
      });
      if (forecast) before = after(done.length);
      return done;
    },
  };
}
