/** Decoders in WebAssembly, loaded at the first picture. Their packages are made for browsers, which fetch the module. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileError } from './files.js';

/** What a package of a decoder exports. */
interface DecoderPackage {
  readonly init: (options: { wasmBinary: Uint8Array; print: () => void; printErr: (line: string) => void }) => unknown;
  /** Decodes a file to RGBA. */
  readonly default: (bytes: ArrayBuffer) => Promise<{ readonly data: Uint8ClampedArray }>;
}

/** Decodes a file to RGBA, `[H, W, 4]`. */
export type Decode = (path: string, format: string, bytes: Buffer) => Promise<Uint8ClampedArray>;

/**
 * Makes a function that decodes files.
 *
 * @param load imports the package
 * @param wasm the package's file of the WebAssembly module
 * @returns a function that throws a UserError if the file is damaged
 */
export function wasmDecoder(load: () => Promise<DecoderPackage>, wasm: string): Decode {
  let ready: Promise<DecoderPackage['default']> | undefined;
  let complaint: string | undefined;
  const start = async () => {
    const { init, default: decode } = await load();
    const wasmBinary = await readFile(createRequire(import.meta.url).resolve(wasm));
    init({
      wasmBinary,
      print: () => {},
      printErr: (line) => {
        complaint ??= line;
      },
    });
    return decode;
  };
  return async (path, format, bytes) => {
    ready ??= start();
    const decode = await ready;
    complaint = undefined;
    try {
      return (await decode(Uint8Array.from(bytes).buffer)).data;
    } catch (error) {
      ready = undefined; // a decoder that has given up in the middle has not tidied up
      const reason = complaint ?? (error instanceof Error ? error.message : `${error}`);
      throw fileError(path, `an intact ${format}`, `a damaged one (${reason})`);
    }
  };
}
