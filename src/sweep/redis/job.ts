/** What a job of the queue says: which run, asked for by which version. */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { excessOf, faultList } from '../../schema.js';
import { VERSION } from '../../version.js';
import { checkPlan, type PlannedRun } from '../plan.js';

export const QUEUE = 'runs';
/** Before all names in Redis. */
export const PREFIX = 'weight-transport';

/** A job's id, the same for the same work: a job that is there already is not added again. */
export const jobId = ({ name, audit }: Pick<PlannedRun, 'name' | 'audit'>): string => `${name}-${audit}`;

/** The keys of what goes with a job. */
export const keys = {
  checkpoint: (id: string) => `${PREFIX}:checkpoint:${id}`,
  results: (id: string) => `${PREFIX}:results:${id}`,
  cancelled: (id: string) => `${PREFIX}:cancelled:${id}`,
  sweeps: `${PREFIX}:sweeps`,
} as const;

/** Characters of a job at most: a configuration has a thousand or two. */
const MOST_CHARACTERS = 100_000;

const jobSchema = z.strictObject({
  schema: z.literal(1),
  /** Of weight-transport, at who asks. */
  version: z.string().max(40),
  run: z.unknown(),
  /** The digest of data of one's own (data-digest.ts); null for the data set's usual source. Never a path. */
  data: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

/** A run as it is asked for. */
export interface RunJob {
  readonly version: string;
  readonly run: PlannedRun;
  readonly data: string | null;
}

export const formatJob = ({ run, data }: Omit<RunJob, 'version'>): z.infer<typeof jobSchema> => ({
  schema: 1,
  version: VERSION,
  run: { ...run, config: { ...run.config, data: null } },
  data,
});

/**
 * Reads what came from Redis, of which nothing is believed.
 *
 * @param id the job's
 * @throws {UserError} if it is no job, of another schema or version, or asks for a path; names both versions then
 */
export function parseJob(value: unknown, id: string | undefined): RunJob {
  const text = JSON.stringify(value) ?? '';
  if (text.length > MOST_CHARACTERS) {
    throw new UserError(`The job has ${text.length} characters; ${MOST_CHARACTERS} are the most.`);
  }
  const excess = excessOf(text);
  if (excess !== undefined) throw new UserError(`The job ${excess} is the most.`);
  checkVersion(value);
  const parsed = jobSchema.safeParse(value);
  if (!parsed.success) throw new UserError(`The job is not usable:\n${faultList(parsed.error, value)}`);
  const { version, data, run: given } = parsed.data;
  const [run] = checkPlan({ schema: 1, runs: [given] }, 'The job').runs;
  if (run.config.data !== null) {
    throw new UserError(
      'The job names a path for its data, which no worker follows: data of one’s own are given to `work --data`.',
    );
  }
  if (id !== jobId(run)) throw new UserError(`The job is called ${id}, but asks for ${jobId(run)}.`);
  return { version, run, data };
}

/** @throws {UserError} if the job is of another version, whatever else it says */
function checkVersion(value: unknown): void {
  const parsed = z.looseObject({ schema: z.unknown(), version: z.string().max(40) }).safeParse(value);
  if (!parsed.success) return;
  const { schema, version } = parsed.data;
  if (version === VERSION && schema === 1) return;
  throw new UserError(
    `The run was asked for by weight-transport ${version} (schema ${JSON.stringify(schema)}); this is ${VERSION} (schema 1), and other versions may compute other bytes. Use the same version on all machines.`,
  );
}
