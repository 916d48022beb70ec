import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { defaultBackend } from '../src/tensor/backends.js';

/** The machine and software of a measurement, without which its numbers can't be compared. */
export interface Environment {
  readonly date: string;
  readonly cpu: string;
  /** The number of threads that this process may run at once. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly backend: string;
  /** The machine's load in the minute before: the number of threads that wanted to run. 0 if unknown. */
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

/** If the load at the start is higher, the numbers are unreliable. */
const QUIET_LOAD = 1;

/** Returns the environment in one line, and a warning in a second line if the machine is busy. */
export function environmentText({ cpu, cores, system, node, v8, loadBefore }: Environment): string {
  const line = `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${system}, Node ${node}, V8 ${v8}`;
  if (loadBefore <= QUIET_LOAD) return line;
  return `${line}\nThe machine is busy (load ${loadBefore.toFixed(1)}): measure again when it is quiet.`;
}
