import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { defaultBackend } from '../src/tensor/backends.js';

/** Where numbers were measured: without it they mean nothing. */
export interface Environment {
  readonly date: string;
  readonly cpu: string;
  /** Threads that this process may run at once. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly backend: string;
  /** Threads that wanted to run in the minute before: this much of the machine was taken. 0 where it isn't known. */
  readonly loadBefore: number;
}

export const environment = (): Environment => ({
  date: new Date().toISOString(),
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  system: `${type()} ${release()} ${process.arch}`,
  node: process.version,
  v8: process.versions.v8,
  backend: defaultBackend(),
  loadBefore: loadavg()[0],
});

/** More than this at the start, and the numbers are noise. */
const QUIET_LOAD = 1;

/** The environment in a line or two, with a warning if the machine is busy with something else. */
export function environmentText({ cpu, cores, system, node, v8, loadBefore }: Environment): string {
  const line = `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${system}, Node ${node}, V8 ${v8}`;
  if (loadBefore <= QUIET_LOAD) return line;
  return `${line}\nThe machine is busy (load ${loadBefore.toFixed(1)}): measure again when it is quiet.`;
}
