/*
 * Locks between processes: a file that whoever works in a folder makes, and nobody else can make while it is there.
 * It tells who made it, so that the message can name them, and so that a lock whose process has died is known for what
 * it is. No timer keeps it fresh: that a process lives is seen from the system.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { onDisk } from './disk/faults.js';
import { UserError } from './errors.js';

/** What a lock's file holds. */
const holderSchema = z.object({
  /** Another for every lock taken. */
  id: z.string(),
  pid: z.number().int().positive(),
  host: z.string(),
  /** When it was taken, in ISO 8601. */
  since: z.string(),
  /** The system's own marks, where it has them (Linux): which start of the machine, which processes can be seen, … */
  boot: z.string().optional(),
  namespace: z.string().optional(),
  /** … and when the process began, which tells it from a later one of the same number. */
  started: z.string().optional(),
});
type Holder = z.infer<typeof holderSchema>;

/** What one lock is about. */
export interface Lock {
  readonly file: string;
  /** What is locked, as messages call it, such as the folder's path. */
  readonly subject: string;
  /** What whoever comes second can do. */
  readonly advice: string;
  /** Told once who is at work, if that is to be waited for; without it, it is an error. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Aborted, it ends the waiting. */
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds between two looks at a lock that is waited for. */
const LOOK_EVERY = 200;
/** How often an unreadable lock is looked at again: it may be in the middle of being written. */
const LOOKS = 5;

/**
 * Does work while no other process, and nobody else in this one, does work under the same lock. The lock's folder must
 * be there. It is given back however the work ends, `process.exit` included; one that a killed process has left is
 * taken over.
 *
 * @throws {UserError} if another process holds it, or may hold it: the message names process and host; or if the
 *   system lets nobody make the file
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

/** Whether a lock's process is at work, has ended, or can't be seen from here. */
type Life = 'running' | 'gone' | 'unseen';

/** A lock that others hold; without a holder if its file can't be read. */
interface Held {
  readonly holder: Holder | undefined;
  readonly life: Life;
}

/** Makes the lock's file, or says who has. */
async function take(file: string): Promise<{ readonly id: string } | Held> {
  for (;;) {
    const id = create(file);
    if (id !== undefined) return { id };
    const text = await settled(file);
    if (text === undefined) continue; // given back in the meantime
    const holder = holderIn(text);
    const life = holder ? lifeOf(holder) : 'unseen';
    if (life !== 'gone') return { holder, life };
    // Of several that see the same dead lock one may remove it; the others must not remove what that one then makes.
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
 * Makes the file, if it isn't there.
 *
 * @returns the lock's id, or undefined if the file is there
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
    rmSync(file, { force: true }); // a full disk
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

/** Removes the file if it still is this lock's, and not one that was made after somebody had removed it by hand. */
function release(file: string, id: string): void {
  held.delete(id);
  if (held.size === 0) process.off('exit', releaseAll);
  try {
    if (holderIn(textOf(file) ?? '')?.id === id) rmSync(file, { force: true });
  } catch {
    // A folder that can't be written any more: the lock is seen to be dead once this process has ended.
  }
}

/** The file's text once it makes sense, or as it is if it never does; undefined if there is no file. */
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
  if (boot !== here.boot) return 'gone'; // the machine has been started anew
  if (namespace !== here.namespace) return 'unseen';
  try {
    process.kill(pid, 0); // no signal: only asks whether there is such a process
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  const found = startOf(pid);
  return found === undefined || started === undefined || found === started ? 'running' : 'gone';
}

/** What tells this process from every other, beside its number; nothing where there is no /proc. */
const marksOf = (): Pick<Holder, 'boot' | 'namespace' | 'started'> => ({
  boot: ifReadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  namespace: ifReadable(() => readlinkSync('/proc/self/ns/pid')),
  started: startOf(process.pid),
});

/** When a process began, in the kernel's ticks; of one that has ended and is only not yet waited for, `ended`. */
function startOf(pid: number): string | undefined {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  // proc(5): "pid (name) state …", the start as 22nd field; the name may hold blanks and parentheses.
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
  if (!holder) return `${subject} is in use: ${file} is there, though it does not say whose lock it is.`;
  const who = held.has(holder.id) ? 'this process itself, ' : '';
  return `${subject} is in use by ${who}process ${holder.pid} on ${holder.host} since ${holder.since}.`;
}

function inUse(lock: Lock, { holder, life }: Held): string {
  const unseen =
    life === 'unseen' ? ` Whether that still runs can't be seen from here: if not, remove ${lock.file}.` : '';
  return `${heldText(lock, holder)} ${lock.advice}${unseen}`;
}
