import { type Attack, type AttackMemory, attackMemory } from '../attacks/attack.js';
import { attacks } from '../attacks/index.js';
import { type CorrectCounter, transferCounts } from '../attacks/transfer.js';
import { type InspectedPiece, inspectGradients } from '../audit/gradients.js';
import { runTrials, type TrialPiece } from '../audit/trials.js';
import type { Crew } from '../crew.js';
import { losses } from '../losses/index.js';
import { CHUNK_SIZE, countCorrect, countMatches } from '../metrics/accuracy.js';
import { alignment, type LayerAlignment } from '../metrics/alignment.js';
import { buildLayers } from '../models/index.js';
import { Network } from '../models/network.js';
import { networkOracle } from '../models/oracle.js';
import { rules } from '../rules/index.js';
import { Heap } from '../tensor/heap.js';
import { loadImage } from '../tensor/images.js';
import { type Kernels, loadKernels } from '../tensor/kernels.js';
import { stream } from '../tensor/random.js';
import { sizeOf } from '../tensor/tensor.js';
import { type EpochResult, Trainer } from '../training/train.js';
import { CrewStopped, joinCrew } from './crew.js';
import type {
  AlignmentJob,
  AttackJob,
  AuditJob,
  EvaluateJob,
  GradientsJob,
  Message,
  SharedNetwork,
  TrainJob,
} from './messages.js';

/** Counts of an attack job: `correct[plan][epsilon][target]`. */
export interface AttackCounts {
  readonly correct: number[][][];
  readonly zeroGradient: number;
}

/** What every worker can be asked to do; each function is run by all members of a crew at once. */
export const tasks = {
  trainEpoch: (job: TrainJob, crew: Crew, desk: Desk): EpochResult => desk.trainer(job).runEpoch(job.epoch, crew),

  countCorrect: ({ network, images }: EvaluateJob, crew: Crew, desk: Desk): number =>
    countCorrect(desk.network(network), images, crew),

  alignment: ({ network, images }: AlignmentJob, _crew: Crew, desk: Desk): LayerAlignment[] =>
    alignment(desk.network(network), images),

  attack: runAttack,

  inspectGradients: ({ network, images }: GradientsJob, crew: Crew, desk: Desk): InspectedPiece[] =>
    inspectGradients(desk.network(network), images, crew),

  auditTrials: ({ audited, sources, images, seed, trials }: AuditJob, crew: Crew, desk: Desk): TrialPiece[] => {
    const network = desk.network(audited);
    const others = Object.entries(sources).map(([name, source]) => [name, desk.network(source)] as const);
    const setting = { audited: network, sources: new Map(others), images, seed };
    return runTrials(setting, trials, desk.attacking(sizeOf(network.inputShape)), crew);
  },
};

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;

/** What a worker answers: a value, or that it was stopped because another member of its crew failed. */
export type Answer<Value> = { readonly value: Value } | { readonly stopped: true };

/** Runs a task for a message: the one way in for workers. A thread works for one pool, so it has one desk. */
export async function perform<Name extends TaskName>(
  name: Name,
  { memory, backend, crew, rank, job }: Message<Parameters<Tasks[Name]>[0]>,
): Promise<Answer<ReturnType<Tasks[Name]>>> {
  desk ??= new Desk(await loadKernels(backend, new Heap(memory)));
  const task = tasks[name] as (job: unknown, crew: Crew, desk: Desk) => ReturnType<Tasks[Name]>;
  try {
    return { value: task(job, joinCrew(crew, rank), desk) };
  } catch (error) {
    if (error instanceof CrewStopped) return { stopped: true };
    throw error;
  }
}

let desk: Desk | undefined;

/** What a worker keeps between tasks: networks with their activations, and the memory of attacks. */
class Desk {
  private readonly networks = new Map<number, Network<Float32Array>>();
  private training: { readonly run: number; readonly trainer: Trainer } | undefined;
  private attackTable: AttackTable | undefined;

  constructor(private readonly kernels: Kernels<Float32Array>) {}

  /** The network over the shared parameters: the same object each time, told apart by where its weights lie. */
  network({ spec, rule, values, feedback }: SharedNetwork): Network<Float32Array> {
    let network = this.networks.get(values.byteOffset);
    if (!network) {
      network = new Network(buildLayers(spec), rules[rule], this.kernels, { values, feedback });
      this.networks.set(values.byteOffset, network);
    }
    return network;
  }

  trainer({ run, network, images, options, memory }: TrainJob): Trainer {
    if (this.training?.run !== run) {
      this.training = { run, trainer: new Trainer(this.network(network), images, options, memory) };
    }
    return this.training.trainer;
  }

  /** Memory for attacking chunks of images of `size` numbers each. */
  attacking(size: number): AttackTable {
    if (this.attackTable?.memory.size !== size) {
      this.attackTable = {
        memory: attackMemory(this.kernels, CHUNK_SIZE, size),
        images: this.kernels.alloc(CHUNK_SIZE * size),
        adversarial: this.kernels.alloc(CHUNK_SIZE * size),
      };
    }
    return this.attackTable;
  }
}

interface AttackTable {
  readonly memory: AttackMemory;
  readonly images: Float32Array;
  readonly adversarial: Float32Array;
}

function runAttack(job: AttackJob, crew: Crew, desk: Desk): AttackCounts {
  const { source, path, loss, targets, images, plans, seed = 0 } = job;
  const attacked = desk.network(source);
  const shape = attacked.inputShape;
  const table = desk.attacking(sizeOf(shape));
  const oracle = networkOracle(attacked, { path, loss: losses[loss] }, CHUNK_SIZE);
  const marginOracle = networkOracle(attacked, { path, loss: losses.margin }, CHUNK_SIZE);
  const counters = targets.map((target) => correctCounter(desk.network(target)));
  const attackPlans = plans.map((plan) => {
    const attack: Attack = attacks[plan.attack];
    return { ...plan, attack, oracle: attack.needs === 'queries' ? marginOracle : undefined };
  });
  const correct = plans.map(({ epsilons }) => epsilons.map(() => targets.map(() => 0)));
  let zeroGradient = 0;
  const chunks = Math.ceil(images.count / CHUNK_SIZE);
  for (let chunk = crew.claim(chunks); chunk >= 0; chunk = crew.claim(chunks)) {
    const first = chunk * CHUNK_SIZE;
    const n = Math.min(CHUNK_SIZE, images.count - first);
    for (let i = 0; i < n; i++) loadImage(images, first + i, table.images, i);
    const labels = images.labels.subarray(first, first + n);
    const random = (i: number) =>
      stream(seed)
        .split('attack')
        .split(first + i);
    const target = { images: table.images, labels, n, shape, gradient: oracle.gradient, oracle, random };
    const counts = transferCounts(target, attackPlans, counters, table.memory, table.adversarial);
    zeroGradient += counts.zeroGradient;
    addCounts(correct, counts.correct);
    crew.advance();
  }
  return { correct, zeroGradient };
}

function correctCounter(network: Network<Float32Array>): CorrectCounter {
  const workspace = network.workspace(CHUNK_SIZE);
  return (images, labels, n) => {
    workspace.input.data.set(images.subarray(0, n * workspace.input.size));
    workspace.forward(n);
    return countMatches(workspace.predictions(n), labels);
  };
}

/** sum[plan][epsilon][target] += counts[plan][epsilon][target]. */
export function addCounts(sum: number[][][], counts: readonly (readonly (readonly number[])[])[]): void {
  counts.forEach((plan, p) => {
    plan.forEach((point, e) => {
      point.forEach((count, t) => {
        sum[p][e][t] += count;
      });
    });
  });
}
