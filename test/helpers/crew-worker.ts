/* The second member of a crew of two: keeps step for some rounds, then waits for one who doesn't come. */
import { isMainThread, workerData } from 'node:worker_threads';
import { type CrewHandle, CrewStopped, joinCrew } from '../../src/crew/shared-crew.js';

export interface CrewWorkerData {
  readonly crew: CrewHandle;
  /** The round that each member is in. */
  readonly counts: Int32Array;
  readonly rounds: number;
}

/** Its exit code when it was waiting while the crew was stopped. */
export const STOPPED = 3;

if (!isMainThread) keepStep(workerData as CrewWorkerData);

function keepStep({ crew, counts, rounds }: CrewWorkerData): void {
  const member = joinCrew(crew, 1);
  for (let round = 1; round <= rounds; round++) {
    counts[1] = round;
    member.barrier();
    if (counts[0] !== round) process.exit(1);
    member.barrier();
  }
  try {
    member.barrier();
  } catch (error) {
    process.exit(error instanceof CrewStopped ? STOPPED : 1);
  }
}
