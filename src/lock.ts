/*
 * Locks between processes. A lock is a file in a folder: the first process makes it, and others can't while it exists.
 * It names its process, for messages and to recognise the lock of a dead process. The lock needs no timer: the
 * operating system tells whether the process still runs.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { onDisk } from './disk/faults.js';
import { UserError } from './errors.js';

/** The contents of a lock's file. */
const holderSchema = z.object({
  /** A new one for every lock. */
  id: z.string(),
  pid: z.number().int().positive(),
  host: z.string(),
  /** The time at which the lock was taken, in ISO 8601. */
  since: z.string(),
  /** On Linux: the machine's current start, and the namespace of the visible processes. */
  boot: z.string().optional(),
  namespace: z.string().optional(),
  /** The process's start time, which distinguishes it from a later process with the same number. */
  started: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** A lock to take. */
export interface Lock {
  readonly file: string;
  /** The locked thing's name in messages, such as the folder's path. */
  readonly subject: string;
  /** The advice to a second process. */
  readonly advice: string;
  /** Called once with the holder's name before waiting for it; without this function, a held lock is an error. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Ends the waiting when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between two checks of a lock that is waited for. */
const LOOK_EVERY = 200;
/** The number of checks of an unreadable lock: another process may be writing it. */
const LOOKS = 5;

/**
 * Does work under a lock: no other process, and no other work in this process, runs under the same lock. The lock's
 * folder must exist. The lock is released however the work ends, also by `process.exit`; a killed process's lock is
 * taken over.
 *
 * @throws {UserError} if another process holds the lock, or may hold it; the message names process and host
 * @throws {UserError} if the system refuses to make the file
 */
export async function withLock<Result>(lock: Lock, work: () => Promise<Result>): Promise<Result> {
  const { file, subject, onWait, signal } = lock;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const taken = await onDisk('lock', subject, () => take(file));
    if ('id' in taken) {
      try {
        return await work();
      } finally {
        release(file, taken.id);
      }
    }
    if (!onWait || taken.life === 'unseen') throw new UserError(inUse(lock, taken));
    if (!told) onWait(`${heldText(lock, taken.holder)} Waiting for it to end.`);
    told = true;
    await sleep(LOOK_EVERY, undefined, { signal });
  }
}

/** The state of a lock's process: it runs, it has ended, or this machine can't see it. */
type Life = 'running' | 'gone' | 'unseen';

/** A lock that another process holds; the holder is undefined if the file can't be read. */
interface Held {
  readonly holder: Holder | undefined;
  readonly life: Life;
}

/** Makes the lock's file, or returns its holder. */
async function take(file: string): Promise<{ readonly id: string } | Held> {
  for (;;) {
    const id = create(file);
    if (id !== undefined) return { id };
    const text = await settled(file);
    if (text === undefined) continue; // released in the meantime
    const holder = holderIn(text);
    const life = holder ? lifeOf(holder) : 'unseen';
    if (life !== 'gone') return { holder, life };
    // Several processes may see the same dead lock. Only one may remove it, and no other may remove the lock that
    // follows.
    const removal = `${file}.removal`;
    const claim = await take(removal);
    if (!('id' in claim)) return claim;
    try {
      if (textOf(file) === text) rmSync(file);
    } finally {
      release(removal, claim.id);
    }
  }
}

/**
 * Makes the file if it doesn't exist.
 *
 * @returns the lock's id, or undefined if the file exists
 */
function create(file: string): string | undefined {
  const id = randomUUID();
  const holder: Holder = { id, pid: process.pid, host: hostname(), since: new Date().toISOString(), ...marksOf() };
  let handle: number;
  try {
    handle = openSync(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  try {
    writeSync(handle, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    rmSync(file, { force: true }); // for example, the disk is full
    throw error;
  } finally {
    closeSync(handle);
  }
  if (held.size === 0) process.on('exit', releaseAll);
  held.set(id, file);
  return id;
}

/** The locks of this process, by their ids. */
const held = new Map<string, string>();

function releaseAll(): void {
  for (const [id, file] of held) release(file, id);
}

/**
 * Removes the file if it is still this lock's: someone may have removed it by hand, and another process made a new one.
 */
function release(file: string, id: string): void {
  held.delete(id);
  if (held.size === 0) process.off('exit', releaseAll);
  try {
    if (holderIn(textOf(file) ?? '')?.id === id) rmSync(file, { force: true });
  } catch {
    // The folder can't be written any more. Others see that the lock is dead once this process has ended.
  }
}

/** Reads the file until it is complete. Returns its last text if it never is, and undefined if there is no file. */
async function settled(file: string): Promise<string | undefined> {
  let text = textOf(file);
  for (let look = 1; look < LOOKS && text !== undefined && !holderIn(text); look++) {
    await sleep(LOOK_EVERY / LOOKS);
    text = textOf(file);
  }
  return text;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function holderIn(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function lifeOf({ pid, host, boot, namespace, started }: Holder): Life {
  if (host !== hostname()) return 'unseen';
  const here = marksOf();
  if (boot !== here.boot) return 'gone'; // the machine has restarted
  if (namespace !== here.namespace) return 'unseen';
  try {
    process.kill(pid, 0); // no signal: only asks if the process exists
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  const found = startOf(pid);
  return found === undefined || started === undefined || found === started ? 'running' : 'gone';
}

/** Returns the marks that, with its number, identify this process; undefined without /proc. */
const marksOf = (): Pick<Holder, 'boot' | 'namespace' | 'started'> => ({
  boot: ifReadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  namespace: ifReadable(() => readlinkSync('/proc/self/ns/pid')),
  started: startOf(process.pid),
});

/** Returns the start time of a process in the kernel's ticks; `ended` for a process that has ended (a zombie). */
function startOf(pid: number): string | undefined {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // proc(5): "pid (name) state …"; the start time is the 22nd field. The name may hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? 'ended' : fields[18];
}

function ifReadable(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function heldText({ subject, file }: Lock, holder: Holder | undefined): string {
  if (!holder) return `${subject} is in use: the lock ${file} exists, but names no process.`;
  const who = held.has(holder.id) ? 'this process itself, ' : '';
  return `${subject} is in use by ${who}process ${holder.pid} on ${holder.host} since ${holder.since}.`;
}

function inUse(lock: Lock, { holder, life }: Held): string {
  const unseen =
    life === 'unseen' ? ` This machine can't see if the lock is still in use: if not, remove ${lock.file}.` : '';
  return `${heldText(lock, holder)} ${lock.advice}${unseen}`;
}
