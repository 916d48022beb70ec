/** The address space of this process, in bytes. */
export interface AddressSpace {
  /** How much it may have: `ulimit -v`, which the managers of many clusters set. */
  readonly limit: number;
  /** How much of that is not taken yet. */
  readonly left: number;
}

/** What V8 reserves for a WebAssembly memory, however small, so that its code need not check bounds. */
export const GUARDED_MEMORY_BYTES = 10.5e9;

/** The option of Node with which a memory reserves no more than it can grow to: its code checks bounds instead. */
export const UNGUARDED = '--disable-wasm-trap-handler';

/** Whether Node runs with that option. */
export const unguarded = (): boolean =>
  [globalThis.process?.env?.NODE_OPTIONS, ...(globalThis.process?.execArgv ?? [])].some((text) =>
    text?.includes(UNGUARDED),
  );

/** The address space of this process; undefined where it has no limit, and where nobody can tell, as in a browser. */
export function addressSpace(): AddressSpace | undefined {
  try {
    // By name, since bundlers for browsers follow every import.
    const files = globalThis.process?.getBuiltinModule?.('node:fs');
    const number = (file: string, line: RegExp) => Number(line.exec(files?.readFileSync(file, 'utf8') ?? '')?.[1]);
    const limit = number('/proc/self/limits', /^Max address space +(\d+)/m);
    const used = 1024 * number('/proc/self/status', /^VmSize:\s+(\d+) kB/m);
    return limit > 0 && used > 0 ? { limit, left: Math.max(0, limit - used) } : undefined;
  } catch {
    return undefined; // not Linux
  }
}

/** As much is left to what is loaded sparingly. It is less than a quarter of the largest memory. */
const SPARING_BYTES = 0.8e9;
const PAGE = 65536;
const MOST_PAGES = 65535;

/**
 * Loads other packages' WebAssembly. For a memory without a maximum V8 reserves 4.3 GB of address space, or three, two or
 * one quarter of that, whichever is left; where none is, no more than the memory uses. Of a limited address space, little
 * is therefore left while they load: the rest is reserved, and free again when it is collected.
 */
export async function sparingly<Result>(load: () => Promise<Result>): Promise<Result> {
  const space = unguarded() ? addressSpace() : undefined;
  const reserved: WebAssembly.Memory[] = [];
  for (let pages = Math.floor(((space?.left ?? 0) - SPARING_BYTES) / PAGE); pages > 0; pages -= MOST_PAGES) {
    reserved.push(new WebAssembly.Memory({ initial: 0, maximum: Math.min(pages, MOST_PAGES), shared: true }));
  }
  const loaded = await load();
  reserved.length = 0; // until here it is in use
  return loaded;
}

/** What a person is told of it: the limit, and what they can do. */
export function limitText({ limit, left }: AddressSpace): string {
  const guarded = unguarded()
    ? ''
    : ` Each WebAssembly memory reserves ${gigabytes(GUARDED_MEMORY_BYTES)} unless Node is started with ${UNGUARDED}.`;
  return `The address space of this process is limited to ${gigabytes(limit)} (ulimit -v), of which ${gigabytes(left)} are left.${guarded} ${RAISE}`;
}

/** What a person can do about it. */
export const RAISE = 'Raise the limit, with `ulimit -v unlimited` or in the request to the cluster.';

/** `10.5 GB`. The space does not break. */
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)}\u00a0GB`;
