/** Downloads that survive a bad connection: to a temporary name, resumed where they broke off, renamed when verified. */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { diskFault, isDiskError } from '../../disk/faults.js';
import { makeFolder } from '../../disk/files.js';
import { Interruption, UserError } from '../../errors.js';
import type { Dataset, DatasetSource, LoadOptions } from '../dataset.js';
import { anyMissing } from '../formats/files.js';
import type { Answer, NpmSettings, Request } from './http.js';

/** How long to go on trying. */
export interface Patience {
  /** Attempts in a row that bring nothing new, before giving up. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled for each after it. */
  readonly pause: number;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly stall: number;
}

const PATIENCE: Patience = { attempts: 4, pause: 1000, stall: 30_000 };

/** Milliseconds between two lines of progress. */
const PROGRESS_EVERY = 1000;

/** How to fetch: for tests, or a caller with settings of its own; the defaults are the user's. */
export interface FetchOptions extends Omit<LoadOptions, 'directory'> {
  readonly settings?: NpmSettings;
  readonly patience?: Patience;
}

export interface Download {
  /** Where the finished file goes; until then it is `<path>.partial`. */
  readonly path: string;
  readonly request: Request;
  /** Says whether a file is the one expected: `undefined`, or what is wrong with it. */
  readonly check: (path: string) => Promise<string | undefined>;
}

/** A failure that another attempt may mend. */
class Interrupted extends Error {}

/**
 * Downloads a file, unless it is there and verified already.
 *
 * A connection that breaks, stalls or ends early is tried again from the last byte that came, with growing pauses. What
 * has come stays in `<path>.partial`, also when the process is killed, and the next call goes on from there.
 *
 * @throws {UserError} if the server can't be reached, answers with an error or a web page, or gives other bytes.
 * @throws the system's own error if a file can't be written.
 * @throws the signal's reason if it was aborted; what has come then stays as well.
 */
export async function download({ path, request, check }: Download, options: FetchOptions): Promise<void> {
  const { patience = PATIENCE, signal } = options;
  const onProgress = options.onProgress ?? (() => {});
  const name = basename(path);
  const partial = `${path}.partial`;
  if ((await bytesIn(path)) > 0 && (await check(path)) === undefined) return;
  let failures = 0;
  let freshStarts = 0;
  for (;;) {
    signal?.throwIfAborted();
    const start = await bytesIn(partial);
    try {
      await transfer({ name, partial, start, request }, patience.stall, { onProgress, signal });
      const fault = await check(partial);
      if (fault === undefined) return await rename(partial, path);
      await rm(partial);
      // A file put together from two connections may be of two versions: once more, in one piece.
      if (start === 0 || freshStarts++ > 0) throw new UserError(`${name}: ${fault}.`);
      throw new Interrupted(fault);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      failures = (await bytesIn(partial)) > start ? 1 : failures + 1;
      if (failures >= patience.attempts)
        throw new UserError(`${name}: ${error.message}; gave up after ${failures} attempts.`);
      const pause = patience.pause * 2 ** (failures - 1);
      onProgress(`${name}: ${error.message}; trying again in ${Math.ceil(pause / 1000)} s`);
      await sleep(pause, undefined, { signal });
    }
  }
}

/**
 * Runs the work of fetching into a folder, which it makes, and adds to a failure what a person can do about it. While
 * another process fetches into the same folder it waits, and says so.
 *
 * @throws {UserError}
 * @throws {Interruption} if the signal was aborted
 */
export async function fetchInto(
  folder: string,
  byHand: string,
  { onProgress = () => {}, signal }: Pick<FetchOptions, 'onProgress' | 'signal'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    signal?.throwIfAborted();
    await makeFolder(folder);
    const advice = 'It is fetching the same data; wait for it to end.';
    const { withLock } = await import('../../lock.js'); // with a parser, which no --help needs
    await withLock({ file: join(folder, 'fetch.lock'), subject: folder, advice, onWait: onProgress, signal }, work);
  } catch (error) {
    if (signal?.aborted) {
      throw new Interruption(`What has come of the data stays in ${folder}; the same command goes on from there.`);
    }
    if (error instanceof UserError) throw new UserError(`${error.message}\n${byHand}`, { cause: error });
    throw isDiskError(error) ? diskFault(error, 'write in', folder) : error;
  }
}

/**
 * Loads a data set from its own folder, and fetches what is missing or not as published there first.
 *
 * @param load reads and verifies the files in the folder.
 * @throws {UserError} if they can't be had.
 */
export async function loadOrFetch(
  { files, folder, fetch }: Pick<DatasetSource, 'files' | 'folder' | 'fetch'>,
  load: () => Promise<Dataset>,
  options: Omit<LoadOptions, 'directory'>,
): Promise<Dataset> {
  if (!(await anyMissing(folder(), files))) {
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      options.onProgress?.(`${error.message} Fetching it again.`);
    }
  }
  await fetch(options);
  return load();
}

/** Brings `partial` from `start` bytes to the end of the file. */
async function transfer(
  { name, partial, start, request }: { name: string; partial: string; start: number; request: Request },
  stall: number,
  { onProgress, signal }: { onProgress: (message: string) => void; signal: AbortSignal | undefined },
): Promise<void> {
  const dead = new AbortController();
  const ended = signal ? AbortSignal.any([dead.signal, signal]) : dead.signal;
  const timer = setTimeout(() => dead.abort(), stall);
  try {
    const answer = await request(start > 0 ? { range: `bytes=${start}-` } : {}, ended);
    // Nothing lies beyond what has come: it is the whole file, or the check will tell.
    if (answer.status === 416) return;
    checkAnswer(name, answer);
    // A server that doesn't know ranges sends the whole file with 200.
    const from = answer.status === 206 ? start : 0;
    const total = from + Number(answer.headers.get('content-length') ?? Number.NaN);
    let told = Date.now();
    const size = await save(answer.body, partial, from, ended, (at) => {
      timer.refresh();
      if (Date.now() - told < PROGRESS_EVERY) return;
      told = Date.now();
      onProgress(`${name}: ${megabytes(at)}${total > 0 ? ` of ${megabytes(total)}` : ''} MB`);
    });
    if (size < total) throw new Interrupted(`the connection ended after ${size} of ${total} bytes`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof UserError || error instanceof Interrupted || isDiskError(error)) throw error;
    // npm's library has compared the bytes itself, all of them; the check says the same in our words.
    if ((error as NodeJS.ErrnoException).code === 'EINTEGRITY') return;
    if (dead.signal.aborted) throw new Interrupted(`no data came for ${stall / 1000} s`);
    throw new Interrupted(`the connection failed (${reasonOf(error as Error)})`);
  } finally {
    clearTimeout(timer);
  }
}

/** npm's library puts the address before the reason; the reason is what helps. */
const reasonOf = ({ message }: Error): string => message.replace(/^request to .* failed, reason: /, '');

function checkAnswer(name: string, { status, headers }: Answer): void {
  if (status === 408 || status === 429 || status >= 500) throw new Interrupted(`the server answered with ${status}`);
  if (status !== 200 && status !== 206) throw new UserError(`${name}: the server answered with status ${status}.`);
  if (headers.get('content-type')?.startsWith('text/html')) {
    throw new UserError(
      `${name}: a web page came instead of the file; a proxy or a login page stands in between. npm's settings "proxy" ` +
        'and "https-proxy" (or HTTPS_PROXY) hold here too.',
    );
  }
}

/** Writes a body to a file from byte `from` on; `onData` gets the size so far. Returns the size. */
async function save(
  body: AsyncIterable<Uint8Array>,
  path: string,
  from: number,
  signal: AbortSignal,
  onData: (size: number) => void,
): Promise<number> {
  let size = from;
  async function* counted() {
    for await (const chunk of body) {
      size += chunk.length;
      onData(size);
      yield chunk;
    }
  }
  await pipeline(counted, createWriteStream(path, { flags: from > 0 ? 'r+' : 'w', start: from }), { signal });
  return size;
}

const bytesIn = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
