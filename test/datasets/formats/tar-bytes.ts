import * as tar from 'tar';

interface Entry {
  readonly path: string;
  readonly bytes?: Uint8Array;
  /** What the header says, if it isn't the truth. */
  readonly size?: number;
  readonly type?: 'File' | 'SymbolicLink' | 'Link' | 'CharacterDevice';
  readonly linkpath?: string;
}

const BLOCK = 512;

/** A tar archive, put together by hand. */
export function tarOf(entries: readonly Entry[]): Uint8Array {
  const parts = entries.flatMap(({ path, bytes = new Uint8Array(), type = 'File', ...rest }) => {
    const header = Buffer.alloc(BLOCK);
    new tar.Header({ path, size: bytes.length, mode: 0o644, type, ...rest }).encode(header);
    return [header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return new Uint8Array(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}
