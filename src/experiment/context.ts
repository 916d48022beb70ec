/* What the steps of a run work with, and hand on. */
import type { Dataset } from '../datasets/dataset.js';
import type { NetworkSpec } from '../models/index.js';
import type { SharedNetwork } from '../parallel/messages.js';
import type { WorkerPool } from '../parallel/pool.js';
import type { Config } from './config.js';
import type { RunFolder, Waiting } from './folder.js';
import type { KeptPieces } from './kept.js';
import type { Progress } from './progress.js';
import type { TrainingImages } from './training-hash.js';

/** How work on a run's folder is done. */
export interface WorkSettings {
  /** Worker threads; changes how long it takes, and nothing else. */
  readonly workers: number;
  readonly progress: Progress;
  /** Aborted, it ends the workers at once. */
  readonly signal?: AbortSignal | undefined;
  /** Told who works in the folder, if that is to be waited for. */
  readonly onWait?: Waiting['onWait'];
}

/** How work on a run that is one of many is done. */
export interface SweepSettings {
  /** Whether the person at the keyboard can say `--force`, which messages then name; true by default. */
  readonly forceable?: boolean | undefined;
  /**
   * Whether figures and report.html are drawn; true by default, false where others draw them from the other files. Those
   * that are there already stay.
   */
  readonly figures?: boolean | undefined;
  /** Handed, once the workers are there, what raises their number, for whoever has cores to spare later on. */
  readonly onWorkers?: ((grow: (workers: number) => void) => void) | undefined;
}

export interface RunContext {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly trainingImages: TrainingImages;
  readonly spec: NetworkSpec;
  readonly pool: WorkerPool;
  readonly folder: RunFolder;
  /** What an interrupted run left of its attacks. */
  readonly kept: KeptPieces;
  readonly progress: Progress;
}

export interface TrainedNetwork {
  readonly network: SharedNetwork;
  readonly trainSeconds: number;
  /** How many of the run's test images it gets right. */
  readonly correct: number;
}
