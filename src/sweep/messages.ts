/** What a child says on its standard output while it does a run: a line of JSON each. */
import { z } from 'zod';
import type { Progress } from '../experiment/progress.js';

const messageSchema = z.union([
  /** How much of the run is done, in [0, 1] of the work that was expected. */
  z.strictObject({ done: z.number().min(0).max(1) }),
  /** A line about the run itself, one for each epoch: a checkpoint is there. */
  z.strictObject({ line: z.string() }),
  /** Something that a person should know. */
  z.strictObject({ notice: z.string() }),
]);
export type ChildMessage = z.infer<typeof messageSchema>;

/** @returns undefined for a line that is no message */
export function readMessage(line: string): ChildMessage | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/**
 * Progress that is told in messages.
 *
 * @param steps the seconds that the run's steps were expected to take, in their order; steps beyond these count nothing
 */
export function progressInMessages(steps: readonly number[], say: (message: ChildMessage) => void): Progress {
  const total = steps.reduce((sum, each) => sum + each, 0) || 1;
  let before = 0;
  let step = 0;
  return {
    log: (line) => say({ line }),
    async during(_title, units, first, work) {
      const weight = steps[step++] ?? 0;
      const update = (done: number) =>
        say({ done: Math.min(1, (before + weight * (units > 0 ? Math.min(1, done / units) : 1)) / total) });
      update(first);
      const result = await work(update);
      before += weight;
      return result;
    },
  };
}
