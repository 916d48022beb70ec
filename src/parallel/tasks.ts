import { attacks } from '../attacks/index.js';
import { type InspectedPiece, inspectGradients } from '../audit/gradients.js';
import { runTrials, type TimedPiece, type TrialPiece, timeTrials } from '../audit/trials.js';
import type { Crew } from '../crew/crew.js';
import { CrewStopped, joinCrew } from '../crew/shared-crew.js';
import { losses } from '../losses/index.js';
import { countCorrect } from '../metrics/accuracy.js';
import { countAdversarial, type TransferCounts } from '../metrics/adversarial-accuracy.js';
import { alignment, type LayerAlignment } from '../metrics/alignment.js';
import { loadKernels } from '../tensor/backends.js';
import { Heap } from '../tensor/heap.js';
import type { EpochResult } from '../training/train.js';
import { Desk } from './desk.js';
import type { AttackJob, AuditJob, EvaluateJob, Message, TrainJob } from './messages.js';

/** The tasks of workers; all members of a crew run the same function at the same time. */
export const tasks = {
  trainEpoch: (job: TrainJob, crew: Crew, desk: Desk): EpochResult => desk.trainer(job).runEpoch(job.epoch, crew),

  countCorrect: ({ network, images }: EvaluateJob, crew: Crew, desk: Desk): number =>
    countCorrect(desk.network(network), images, crew),

  alignment: ({ network, images }: EvaluateJob, _crew: Crew, desk: Desk): LayerAlignment[] =>
    alignment(desk.network(network), images),

  attack(job: AttackJob, crew: Crew, desk: Desk): TransferCounts {
    const source = desk.network(job.source);
    const targets = job.targets.map((target) => desk.network(target));
    const plans = job.plans.map((plan) => ({ ...plan, attack: attacks[plan.attack] }));
    const setting = { ...job, source, targets, plans, loss: losses[job.loss] };
    return countAdversarial(setting, desk.attacking(source), crew);
  },

  inspectGradients: ({ network, images }: EvaluateJob, crew: Crew, desk: Desk): InspectedPiece[] =>
    inspectGradients(desk.network(network), images, crew),

  auditTrials: (job: AuditJob, crew: Crew, desk: Desk): TrialPiece[] => runTrials(...auditOf(job, desk), crew),

  timeTrials: (job: AuditJob, crew: Crew, desk: Desk): TimedPiece[] => timeTrials(...auditOf(job, desk), crew),
};

function auditOf({ audited, sources, images, seed, trials }: AuditJob, desk: Desk) {
  const network = desk.network(audited);
  const others = Object.entries(sources).map(([name, source]) => [name, desk.network(source)] as const);
  const setting = { audited: network, sources: new Map(others), images, seed };
  return [setting, trials, desk.attacking(network)] as const;
}

export type TaskName = keyof typeof tasks;
export type Job<Name extends TaskName> = Parameters<(typeof tasks)[Name]>[0];
export type Value<Name extends TaskName> = ReturnType<(typeof tasks)[Name]>;

/** A worker's answer: a value, or `stopped` because another member of its crew failed. */
export type Answer<Value> = { readonly value: Value } | { readonly stopped: true };

/**
 * Performs the task of a message; the only entry point of workers. A thread works for one pool, so it has one state.
 */
export async function perform<Name extends TaskName>(message: Message<Name, Job<Name>>): Promise<Answer<Value<Name>>> {
  const { memory, backend, crew, rank, job } = message;
  desk ??= new Desk(await loadKernels(backend, new Heap(memory)));
  const task = tasks[message.task] as (job: unknown, crew: Crew, desk: Desk) => Value<Name>;
  try {
    return { value: task(job, joinCrew(crew, rank), desk) };
  } catch (error) {
    if (error instanceof CrewStopped) return { stopped: true };
    throw error;
  }
}

let desk: Desk | undefined;
