/** Parsers under fuzz: what a parser must hold to whatever it is given, and the search for an input by which it doesn't. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { UserError } from '../../src/errors.js';
import { collectGarbage, watchMemory } from './memory.js';

/** A parser, and what to feed it with. */
export interface FuzzTarget {
  /** Whole inputs, damaged. */
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /** Reads the file at `path`, which holds `bytes`. */
  readonly parse: (path: string, bytes: Uint8Array) => unknown;
  /** The file's name, where the parser asks for one. */
  readonly file?: string;
  /** What every message must name, where that is not the file's path. */
  readonly names?: RegExp;
}

const MOST_SECONDS = 2;
/** Bytes of memory that reading may take, beyond the file's own size. */
const MOST_MEMORY = 64e6;
/** Characters of a message that a person may read. */
const MOST_CHARACTERS = 2600;

/** An input that a parser cannot take as it should. */
export interface Failure {
  readonly fault: string;
  readonly input: Uint8Array;
  readonly seed: number;
}

/**
 * Feeds a parser with `runs` inputs.
 *
 * @param folder where each input is written before it is read: if the process hangs or dies, the last one is there
 * @returns the first input, made as small as can be, that it fails by; undefined if there is none
 */
export async function fuzz(
  target: FuzzTarget,
  { folder, runs, seed }: { readonly folder: string; readonly runs: number; readonly seed: number },
): Promise<Failure | undefined> {
  const path = join(folder, target.file ?? 'input');
  const property = fc.asyncProperty(target.inputs, async (input) => {
    const fault = await faultOf(target, path, input);
    if (fault !== undefined) throw new Error(fault);
  });
  const found = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 120_000 });
  if (!found.failed || found.counterexample === null) return undefined;
  const [input] = found.counterexample;
  return { fault: `${(found.errorInstance as Error).message}`, input, seed };
}

/** What is wrong with how a parser takes this input; undefined if it reads it, or refuses it as it should. */
export async function faultOf(target: FuzzTarget, path: string, input: Uint8Array): Promise<string | undefined> {
  rmSync(path, { force: true }); // a file written over takes the disk twenty times as long as a new one
  writeFileSync(path, input);
  let fault: string | undefined;
  // What seems slow or large is tried again, the garbage of all before collected: the machine may be busy, and a heap
  // that is being swept is larger than what is in it.
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (attempt > 1) await collectGarbage();
    const memory = watchMemory();
    const started = performance.now();
    const answer = await answerOf(target, path, input);
    const seconds = (performance.now() - started) / 1000;
    const bytes = memory() - input.length;
    if (answer !== undefined) return answer;
    if (seconds > MOST_SECONDS) fault = `it takes ${seconds.toFixed(1)} s; ${MOST_SECONDS} s are the most`;
    else if (bytes > MOST_MEMORY)
      fault = `it takes ${megabytes(bytes)} beyond the file's own size; ${megabytes(MOST_MEMORY)} are the most`;
    else return undefined;
  }
  return fault;
}

async function answerOf(target: FuzzTarget, path: string, input: Uint8Array): Promise<string | undefined> {
  try {
    await target.parse(path, input);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) return `it throws ${error instanceof Error ? error.stack : error}`;
    const { message } = error;
    const named = target.names?.test(message) ?? message.includes(path);
    if (!named) return `its message does not name ${target.names ?? path}: ${message.slice(0, MOST_CHARACTERS)}`;
    if (message.length > MOST_CHARACTERS)
      return `its message has ${message.length} characters: ${message.slice(0, 300)}`;
    return undefined;
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
