import type { AttackOptions } from '../attacks/attack.js';
import type { AttackName } from '../attacks/index.js';
import type { Trial } from '../audit/trials.js';
import type { CrewHandle } from '../crew/shared-crew.js';
import type { LossName } from '../losses/index.js';
import type { NetworkSpec } from '../models/index.js';
import type { Parameters } from '../models/parameters.js';
import type { RuleName } from '../rules/index.js';
import type { GradientPath } from '../rules/path.js';
import type { SharedMemory } from '../tensor/heap.js';
import type { LabelledImages } from '../tensor/images.js';
import type { Backend } from '../tensor/kernels.js';
import type { TrainingMemory } from '../training/memory.js';
import type { TrainingOptions } from '../training/options.js';

/** A message to a worker. Arrays lie in shared memory: the message holds their addresses alone. */
export interface Message<Task extends string, Job> {
  readonly task: Task;
  readonly memory: SharedMemory;
  readonly backend: Backend;
  readonly crew: CrewHandle;
  readonly rank: number;
  readonly job: Job;
}

/** A network whose parameters all threads share. */
export interface SharedNetwork extends Parameters<Float32Array> {
  readonly spec: NetworkSpec;
  readonly rule: RuleName;
}

export interface TrainJob {
  /** The number of the training run: the same for all its epochs, and different from other runs'. */
  readonly run: number;
  readonly network: SharedNetwork;
  readonly images: LabelledImages;
  readonly options: TrainingOptions;
  readonly memory: TrainingMemory;
  readonly epoch: number;
}

/** A measurement of a network: its accuracy, alignment angles or gradients. */
export interface EvaluateJob {
  readonly network: SharedNetwork;
  readonly images: LabelledImages;
}

export interface AttackJob {
  readonly source: SharedNetwork;
  readonly path: GradientPath;
  readonly loss: LossName;
  /** The networks that classify the same examples. */
  readonly targets: readonly SharedNetwork[];
  /** The ε at which targets other than the source classify the examples; default: all. */
  readonly transferEpsilons?: readonly number[] | undefined;
  readonly images: LabelledImages;
  readonly plans: readonly {
    readonly attack: AttackName;
    readonly options: Omit<AttackOptions, 'epsilon'>;
    readonly epsilons: readonly number[];
  }[];
  /** Seed of the attacks' random numbers, which depend on the image's index among `images`. */
  readonly seed: number;
}

export interface AuditJob {
  readonly audited: SharedNetwork;
  /** The networks that examples may be made on, by name. */
  readonly sources: Readonly<Record<string, SharedNetwork>>;
  readonly images: LabelledImages;
  readonly seed: number;
  readonly trials: readonly Trial[];
}
