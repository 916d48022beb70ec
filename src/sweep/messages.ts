/** What a child says on its standard output while it does a run, and is told on its standard input: a line of JSON each. */
import { z } from 'zod';
import { MOST_WORKERS } from '../crew/crew.js';
import type { Progress } from '../experiment/progress.js';
import type { ExpectedStep } from './estimate.js';

const messageSchema = z.union([
  /** How much of the run is done, in [0, 1] of the work that was expected. */
  z.strictObject({ done: z.number().min(0).max(1) }),
  /** A line about the run itself, one for each epoch: a checkpoint is there. */
  z.strictObject({ line: z.string() }),
  /** Something that a person should know. */
  z.strictObject({ notice: z.string() }),
]);
export type ChildMessage = z.infer<typeof messageSchema>;

/** That there are more cores for it than it began with. */
const orderSchema = z.strictObject({ workers: z.int().min(1).max(MOST_WORKERS) });
export type ChildOrder = z.infer<typeof orderSchema>;

export const formatOrder = (order: ChildOrder): string => `${JSON.stringify(order)}\n`;

/** @returns undefined for a line that is no message */
export const readMessage = (line: string): ChildMessage | undefined => readLine(messageSchema, line);

/** @returns undefined for a line that is no order */
export const readOrder = (line: string): ChildOrder | undefined => readLine(orderSchema, line);

function readLine<Value>(schema: z.ZodType<Value>, line: string): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/**
 * Progress that is told in messages.
 *
 * @param steps what the run is expected to do, in order: those that are left out are done, as an interrupted run left
 *   them, and one that nobody expected counts nothing
 */
export function progressInMessages(steps: readonly ExpectedStep[], say: (message: ChildMessage) => void): Progress {
  const secondsOf = (some: readonly ExpectedStep[]) => some.reduce((sum, { seconds }) => sum + seconds, 0);
  const total = secondsOf(steps) || 1;
  let next = 0;
  return {
    log: (line) => say({ line }),
    async during(title, units, first, work) {
      const step = steps.findIndex((each, i) => i >= next && each.title === title);
      if (step >= 0) next = step + 1;
      const before = secondsOf(steps.slice(0, step >= 0 ? step : next));
      const weight = steps[step]?.seconds ?? 0;
      const update = (done: number) =>
        say({ done: Math.min(1, (before + weight * (units > 0 ? Math.min(1, done / units) : 1)) / total) });
      update(first);
      return await work(update);
    },
  };
}
