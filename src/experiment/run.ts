import { resolve } from 'node:path';
import type { Audit } from '../audit/findings.js';
import type { AuditSettings } from '../audit/recipe.js';
import * as check from '../check.js';
import { MOST_WORKERS } from '../crew/crew.js';
import type { Dataset } from '../datasets/dataset.js';
import { UserError } from '../errors.js';
import { LARGER_IMAGES, layersOf } from '../models/checkpoint.js';
import { networkSpec } from '../models/create.js';
import { checkMemory } from '../parallel/memory-need.js';
import { withPool } from '../parallel/pool.js';
import { writeFigures, writeResults } from '../report/run/files.js';
import type { Curve, Results } from '../report/run/results.js';
import type { RuleName } from '../rules/index.js';
import { firstImages, type LabelledImages } from '../tensor/images.js';
import { shapeText } from '../tensor/tensor.js';
import { attackStep } from './attack.js';
import { auditAndWrite } from './audit.js';
import { auditSettings } from './audit-settings.js';
import { type Config, parseConfig, type TrainingConfig } from './config.js';
import type { RunContext, SweepSettings, WorkSettings } from './context.js';
import { checkClasses, loadData } from './data.js';
import { networkName, RunFolder } from './folder.js';
import { writeGallery } from './gallery.js';
import { KeptPieces } from './kept.js';
import type { Progress } from './progress.js';
import { reportIfReadable } from './report.js';
import { resultsOf } from './results.js';
import { findLeft } from './resume.js';
import { networksAtOnce, type TrainedNetworks, trainAll } from './train-all.js';
import { earlierTraining, type TrainingImages, trainingHash, trainingImages } from './training-hash.js';

export interface RunSettings extends WorkSettings, SweepSettings {
  /** The folder for the run's files. */
  readonly out: string;
  /** Whether a run that is there already may be replaced. */
  readonly force: boolean;
  /** What the audit at the end does otherwise than by default; undefined for no audit. */
  readonly audit?: Partial<AuditSettings> | undefined;
}

export interface RunOutcome {
  readonly results: Results;
  readonly audit?: Audit;
  /** Names in the run's folder. */
  readonly files: readonly string[];
}

/**
 * The main job: trains a network by each learning rule, attacks each, shows each one's adversarial examples to all,
 * leaves the results, figures and networks in a folder, and audits how much of the robustness is real.
 *
 * @returns the results, the audit, and the names of the files written
 * @throws {UserError} if the configuration, the data, the folder or the audit's settings are unusable, or training diverges
 * @throws {RangeError | TypeError} if another setting is none
 */
export async function runExperiment(given: Config, settings: RunSettings): Promise<RunOutcome> {
  const config = anywhere(parseConfig(given, 'runExperiment: config'));
  checkSettings(config, settings);
  const dataset = await loadDataset(config, settings.progress, settings.signal);
  checkClasses(config.loss, dataset);
  return await RunFolder.locked(settings.out, () => runInFolder(config, dataset, settings), settings);
}

/** With its data's folder by its whole path: it is read again from other folders, by an audit for one. */
const anywhere = (config: Config): Config =>
  config.data === null ? config : { ...config, data: resolve(config.data) };

async function runInFolder(
  config: Config,
  dataset: Dataset,
  { out, workers, force, forceable, progress, audit: auditChanges, figures = true, signal, onWorkers }: RunSettings,
): Promise<RunOutcome> {
  return await withPool(workers, config.backend, signal, async (pool) => {
    const spec = networkSpec(dataset, config);
    layersOf(spec, `${config.model} can't be built for images of ${shapeText(dataset.shape)}`, LARGER_IMAGES);
    const atOnce = networksAtOnce(config.training, workers);
    await checkMemory(pool, spec, config.training, atOnce);
    onWorkers?.((more) => pool.grow(more));
    // Last, since with `force` it removes an old run: whatever refuses the new one has done so.
    const folder = await RunFolder.open(out, config, { force, forceable, log: (line) => progress.log(line) });
    const images = trainingImages(dataset.train);
    await checkLeft(folder, config, images);
    await folder.begin(config);
    const kept = new KeptPieces(out, (line) => progress.log(line));
    const context: RunContext = { config, dataset, trainingImages: images, spec, pool, folder, kept, progress };
    const networks = await trainAll(context, atOnce);
    const results = await measure(context, networks);
    signal?.throwIfAborted();
    const settings = auditSettings(config.dataset, auditChanges ?? {}, dataset.test.count);
    const shared = new Map([...networks].map(([rule, { network }]) => [rule, network]));
    const work = { networks: shared, images: dataset.test, pool };
    const files = [
      ...['config.json', 'metrics.jsonl', ...[...networks.keys()].map(networkName)],
      ...(figures
        ? await writeFigures(
            results,
            [...networks.keys()].flatMap((rule) => folder.metricsOf(rule)),
            out,
          )
        : []),
      ...(await writeResults(results, out, async () => {
        const gallery = await writeGallery({ ...work, dataset, epsilons: settings.epsilons }, out);
        const report = figures ? await reportIfReadable(out, progress, { results }) : [];
        await kept.clear();
        return [gallery, ...report];
      })),
    ];
    if (!auditChanges) return { results, files };
    const audited = await auditAndWrite(
      { ...work, seed: config.seed, settings, progress },
      { dataset, folder: out, figures },
    );
    const before = files.filter((name) => !audited.files.includes(name));
    return { results, audit: audited.audit, files: [...before, ...audited.files] };
  });
}

/**
 * Looks at all that is left of every network before the first one is trained, and before anything is written.
 *
 * @throws {UserError} if something there is another network's
 */
async function checkLeft(folder: RunFolder, config: Config, images: TrainingImages): Promise<void> {
  for (const [rule, { epochs }] of Object.entries(config.training) as [RuleName, TrainingConfig][]) {
    const hash = trainingHash(config, rule, images);
    await findLeft(folder, rule, hash, epochs, earlierTraining(config, rule, images));
  }
}

/** Before anything is fetched or trained: what is found wrong later has cost its time. */
function checkSettings({ dataset }: Config, settings: RunSettings): void {
  const where = 'runExperiment';
  check.options(where, 'settings', settings, [
    ...['out', 'workers', 'force', 'forceable', 'progress', 'audit', 'figures', 'signal', 'onWorkers', 'onWait'],
  ]);
  const { out, workers, force, forceable = true, progress, audit, figures, signal, onWorkers, onWait } = settings;
  check.text(where, 'settings.out', out);
  check.wholeNumber(where, 'settings.workers', workers, { to: MOST_WORKERS });
  check.flag(where, 'settings.force', force);
  check.flag(where, 'settings.forceable', forceable);
  check.object(where, 'settings.progress', progress, 'progress, such as silent,', {
    log: 'function',
    during: 'function',
  });
  if (audit !== undefined) {
    check.object(where, 'settings.audit', audit, "an object with what the audit's settings differ in");
    auditSettings(dataset, audit, 1);
  }
  if (figures !== undefined) check.flag(where, 'settings.figures', figures);
  if (onWorkers !== undefined) check.callable(where, 'settings.onWorkers', onWorkers);
  if (onWait !== undefined) check.callable(where, 'settings.onWait', onWait);
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new TypeError(check.refusal(where, 'settings.signal', signal, 'an AbortSignal'));
}

async function measure(context: RunContext, networks: TrainedNetworks): Promise<Results> {
  const curves: Curve[] = [];
  for (const source of networks.keys()) curves.push(...(await attackStep(context, source, networks)));
  return resultsOf(context, networks, curves, context.trainingImages);
}

/** The run's images: the data set's first `trainSize` and `testSize`. */
async function loadDataset(
  { dataset: name, data, trainSize, testSize }: Config,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const dataset = await loadData(name, data, { progress, signal });
  const cut = (images: LabelledImages, size: number | null, option: string): LabelledImages => {
    if (size !== null && size > images.count) {
      throw new UserError(
        `${option} ${size}: ${name} has only ${images.count} images there; that many or fewer are accepted. Try ${option} ${images.count}.`,
      );
    }
    return firstImages(images, size ?? images.count);
  };
  return {
    ...dataset,
    train: cut(dataset.train, trainSize, '--train-size'),
    test: cut(dataset.test, testSize, '--test-size'),
  };
}
