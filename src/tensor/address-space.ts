/** The address space of this process, in bytes. */
export interface AddressSpace {
  /** The most that the process may reserve: `ulimit -v`, which many clusters set. */
  readonly limit: number;
  /** The part of the limit that is not reserved yet. */
  readonly left: number;
}

/** Bytes that V8 reserves for each WebAssembly memory, also a small one, so that its code needs no bounds checks. */
export const GUARDED_MEMORY_BYTES = 10.5e9;

/** Node's option for WebAssembly code with bounds checks. A memory then reserves no more than its maximum. */
export const UNGUARDED = '--disable-wasm-trap-handler';

/** Returns whether Node runs with {@link UNGUARDED}. */
export const unguarded = (): boolean =>
  [globalThis.process?.env?.NODE_OPTIONS, ...(globalThis.process?.execArgv ?? [])].some((text) =>
    text?.includes(UNGUARDED),
  );

/** Returns the address space of this process; undefined if it has no limit, or if the system doesn't tell it. */
export function addressSpace(): AddressSpace | undefined {
  try {
    // Not imported: bundlers for browsers follow every import.
    const files = globalThis.process?.getBuiltinModule?.('node:fs');
    const number = (file: string, line: RegExp) => Number(line.exec(files?.readFileSync(file, 'utf8') ?? '')?.[1]);
    const limit = number('/proc/self/limits', /^Max address space +(\d+)/m);
    const used = 1024 * number('/proc/self/status', /^VmSize:\s+(\d+) kB/m);
    return limit > 0 && used > 0 ? { limit, left: Math.max(0, limit - used) } : undefined;
  } catch {
    return undefined; // no /proc: not Linux
  }
}

/** Bytes that `sparingly` leaves free: less than a quarter of the largest memory. */
const SPARING_BYTES = 0.8e9;
const PAGE = 65536;
const MOST_PAGES = 65535;

/**
 * Loads another package's WebAssembly in a limited address space. For a memory without a maximum, V8 reserves 4.3 GB. If
 * less is free it reserves three, two or one quarter of that, and at last only what the memory uses. So this function
 * first reserves all but {@link SPARING_BYTES} itself. The garbage collector frees this later.
 *
 * @param load imports or instantiates the package
 * @returns the result of `load`
 */
export async function sparingly<Result>(load: () => Promise<Result>): Promise<Result> {
  const space = unguarded() ? addressSpace() : undefined;
  const reserved: WebAssembly.Memory[] = [];
  for (let pages = Math.floor(((space?.left ?? 0) - SPARING_BYTES) / PAGE); pages > 0; pages -= MOST_PAGES) {
    reserved.push(new WebAssembly.Memory({ initial: 0, maximum: Math.min(pages, MOST_PAGES), shared: true }));
  }
  const loaded = await load();
  reserved.length = 0; // this use keeps the memories until here
  return loaded;
}

/** Returns the limit and what to do about it, as sentences. */
export function limitText({ limit, left }: AddressSpace): string {
  const guarded = unguarded()
    ? ''
    : ` Each WebAssembly memory reserves ${gigabytes(GUARDED_MEMORY_BYTES)} unless Node is started with ${UNGUARDED}.`;
  return `The address space of this process is limited to ${gigabytes(limit)} (ulimit -v); ${gigabytes(left)} of it are free.${guarded} ${RAISE}`;
}

/** The advice for a limit that is too low. */
export const RAISE = 'Raise the limit, with `ulimit -v unlimited` or in the request to the cluster.';

/** Returns bytes as text, such as `10.5 GB`, with a no-break space. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)}\u00a0GB`;
