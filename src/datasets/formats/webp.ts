/* WebP (RFC 9649), decoded by libwebp in WebAssembly, to the same bytes as PIL: lossy, lossless, with or without alpha. */
import { fileError } from './files.js';
import type { OpenPicture } from './open-picture.js';
import { wasmDecoder } from './wasm-decoder.js';

const ANIMATED = 2;
/** Bytes of the longest header. */
const HEADER = 30;

const decode = wasmDecoder(() => import('@jsquash/webp/decode.js'), '@jsquash/webp/codec/dec/webp_dec.wasm');

/** Whether these bytes begin as a WebP file does: `RIFF`, a length, `WEBP`. */
export const isWebp = (bytes: Buffer): boolean =>
  bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';

/**
 * Reads a WebP's header.
 *
 * @throws {UserError} that names the file, if it is cut off or animated
 */
export function openWebp(path: string, bytes: Buffer): OpenPicture {
  if (bytes.length < HEADER || bytes.length < 8 + bytes.readUInt32LE(4)) {
    throw fileError(path, 'a whole WebP', `one that is cut off after ${bytes.length} bytes`);
  }
  return { ...sizeOf(path, bytes), grey: false, rgba: () => decode(path, 'WebP', bytes) };
}

function sizeOf(path: string, bytes: Buffer): Pick<OpenPicture, 'width' | 'height'> {
  const kind = bytes.toString('latin1', 12, 16);
  if (kind === 'VP8 ') return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  if (kind === 'VP8L') {
    const bits = bytes.readUInt32LE(21);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (kind !== 'VP8X') throw fileError(path, 'an intact WebP', `a damaged one (its first chunk is ${kind})`);
  if ((bytes[20] & ANIMATED) !== 0) throw fileError(path, 'a WebP of one picture', 'an animated one');
  return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) };
}
