/** The engine of clusters: an array of Slurm's, each task of which does a run in a folder that all nodes share. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { makeFolder, readTextIfThere, remove, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import { parseJson } from '../schema.js';
import { formatPlan, type PlannedRun } from './plan.js';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));

/** Where Slurm does not say how long an array may be: its own default is 1001. */
const MOST_TASKS = 1000;

/** What a task gets unless something else is said: more cores at one run wait for each other. */
export const SLURM_CORES = 4;

export interface SlurmSettings {
  /** The sweep's folder. */
  readonly folder: string;
  /** How many runs at a time; undefined for as many as Slurm likes. */
  readonly jobs: number | undefined;
  /** Cores for each. */
  readonly cores: number;
  /** Options for sbatch, as `--account=a --time=01:00:00`. */
  readonly args: string;
}

/** A script that was written, and what it does. */
export interface SlurmScript {
  readonly file: string;
  readonly tasks: number;
}

/**
 * Writes the runs that are to do, and the scripts that do them, into the sweep's folder.
 *
 * @param most tasks of one array
 * @throws {UserError} if the options for sbatch can't stand in a script
 */
export async function writeScripts(
  runs: readonly PlannedRun[],
  settings: SlurmSettings,
  most = MOST_TASKS,
): Promise<SlurmScript[]> {
  if (/[\n\r\0]/.test(settings.args)) throw new UserError('--slurm-args has a line break: one line is expected.');
  const folder = join(settings.folder, 'slurm');
  await makeFolder(folder);
  const plan = join(folder, 'plan.json');
  await writeWhole(plan, formatPlan(runs));
  const scripts: SlurmScript[] = [];
  for (let first = 0; first < runs.length; first += most) {
    const tasks = Math.min(most, runs.length - first);
    const file = join(folder, `array-${scripts.length + 1}.sh`);
    await writeWhole(file, scriptText({ ...settings, plan, first, tasks, logs: folder }));
    scripts.push({ file, tasks });
  }
  return scripts;
}

interface Script extends SlurmSettings {
  readonly plan: string;
  readonly logs: string;
  /** The number of the first task's run in the plan. */
  readonly first: number;
  readonly tasks: number;
}

/**
 * Ninety seconds before its time is up, a task is told by Slurm, ends its run, which keeps its last epoch, and puts
 * itself back into the queue. A node that dies does the latter without being asked (--requeue).
 */
export function scriptText({ folder, plan, logs, first, tasks, jobs, cores, args }: Script): string {
  const words = [process.execPath, CLI, 'run', resolve(plan)].map(quoted).join(' ');
  return `#!/bin/bash
#SBATCH --job-name=weight-transport
#SBATCH --array=0-${tasks - 1}${jobs === undefined ? '' : `%${jobs}`}
#SBATCH --cpus-per-task=${cores}
#SBATCH --requeue
#SBATCH --signal=B:USR1@90
#SBATCH --output=/dev/null
${args.trim() === '' ? '' : `#SBATCH ${args.trim()}\n`}
cd ${quoted(process.cwd())} || exit 1
number=$((${first} + SLURM_ARRAY_TASK_ID))
exec >>${quoted(resolve(logs))}/run-"$number".log 2>&1 </dev/null

# A task that Slurm begins again is alone: what it left before it was killed, wherever that was, is no lock any more.
alone=()
if ((SLURM_RESTART_COUNT > 0)); then alone=(--alone); fi

${words} "$number" --out-in ${quoted(resolve(folder))} --workers "\${SLURM_CPUS_PER_TASK:-1}" "\${alone[@]}" &
run=$!
leave() {
  kill -TERM "$run" && wait "$run"
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
  exit
}
# A trap ends the wait below. Slurm kills what is left of a task once this script has ended, so the trap waits itself.
cancelled() {
  kill -TERM "$run"
  wait "$run"
  exit $?
}
trap leave USR1
trap cancelled TERM
wait "$run"
`;
}

/** One word for bash, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const execute = promisify(execFile);

/** What one of Slurm's programs prints. @throws {UserError} if it is not there, or fails */
async function slurm(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await execute(program, args)).stdout;
  } catch (error) {
    const { code, stderr, message } = error as { code?: unknown; stderr?: string; message: string };
    if (code === 'ENOENT') {
      throw new UserError(
        `${program} is not here: --slurm is for a machine of a Slurm cluster. --dry-run writes the scripts.`,
      );
    }
    throw new UserError(`${program} failed: ${(stderr || message).trim()}`);
  }
}

/** How many tasks an array of this cluster may have. */
export async function mostTasks(): Promise<number> {
  const config = await slurm('scontrol', ['show', 'config']);
  const size = Number(/^MaxArraySize\s*=\s*(\d+)/m.exec(config)?.[1] ?? MOST_TASKS + 1);
  return Math.max(1, Math.min(size - 1, 100_000));
}

const jobsSchema = z.array(z.string().regex(/^\d+$/));

const jobsFile = (folder: string): string => join(folder, 'slurm', 'jobs.json');

/**
 * Makes sure that no array of an earlier submission is left, and then removes the locks that its tasks, killed on other
 * nodes, may have left behind.
 *
 * @throws {UserError} if one is still at work
 */
export async function clearEarlier(folder: string, runs: readonly PlannedRun[]): Promise<void> {
  const text = await readTextIfThere(jobsFile(folder));
  const advice = 'It lists the jobs of an earlier submission: remove it once none of them is at work.';
  const ids = text === undefined ? [] : (jobsSchema.safeParse(parseJson(text, jobsFile(folder), advice)).data ?? []);
  for (const id of ids) {
    // An id that Slurm has forgotten is an error of squeue's, and a job that has ended.
    const left = await slurm('squeue', ['--noheader', '--format=%i', `--jobs=${id}`]).catch((error: Error) => {
      if (/Invalid job id/i.test(error.message)) return '';
      throw error;
    });
    if (left.trim() !== '') {
      throw new UserError(
        `Job ${id} of Slurm still works on ${folder}: wait for its end (\`squeue -j ${id}\`), or end it with \`scancel ${id}\`.`,
      );
    }
  }
  if (ids.length > 0) for (const { name } of runs) await remove(join(folder, name, 'run.lock'));
}

/** Hands the scripts to Slurm. @returns the jobs' ids */
export async function submit(folder: string, scripts: readonly SlurmScript[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { file } of scripts) {
    const said = await slurm('sbatch', ['--parsable', file]);
    const id = /^(\d+)(;|\s|$)/.exec(said)?.[1];
    if (id === undefined) throw new UserError(`sbatch said no job's number, but: ${said.trim()}`);
    ids.push(id);
    await writeWhole(jobsFile(folder), `${JSON.stringify(ids)}\n`);
  }
  return ids;
}
