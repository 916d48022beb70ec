/*
 * JPEG (ITU-T T.81), decoded by libjpeg (mozjpeg) in WebAssembly, to the same bytes as PIL. A file is a row of segments:
 * 0xff, a marker, and for most the length of what follows; after a scan's header come its coded pixels.
 */
import { fileError } from './files.js';
import type { OpenPicture } from './open-picture.js';
import { wasmDecoder } from './wasm-decoder.js';

export const JPEG_SIGNATURE = 'ffd8ff';

const SCAN = 0xda;
const END = 0xd9;
/** Frames of 8 or 12 bits, sequential or progressive, by Huffman's code. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** Frames that are lossless, hierarchical or arithmetically coded. */
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
/** Scans at most: progressive files have about ten, and each costs the time of the whole picture. */
const MOST_SCANS = 100;

const decode = wasmDecoder(() => import('@jsquash/jpeg/decode.js'), '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');

/**
 * Reads a JPEG's markers. What EXIF says of its orientation is not followed.
 *
 * @throws {UserError} that names the file, if it is cut off or of a kind that isn't read
 */
export function openJpeg(path: string, bytes: Buffer): OpenPicture {
  const { frame, scans } = segmentsOf(path, bytes);
  if (!frame || frame.data.length < 6) throw fileError(path, 'a whole JPEG', 'one without a frame');
  const [precision, components] = [frame.data[0], frame.data[5]];
  if (!FRAMES.includes(frame.marker) || precision !== 8) {
    const kind = `${precision}-bit, frame type ${frame.marker - FRAMES[0]}`;
    throw fileError(path, 'an 8-bit baseline or progressive JPEG', `another kind (${kind})`);
  }
  if (components !== 1 && components !== 3) {
    const found = `${components}${components === 4 ? ', as CMYK has' : ''}. Save it as RGB`;
    throw fileError(path, 'a grey or RGB JPEG, of 1 or 3 components', found);
  }
  if (scans > MOST_SCANS) throw fileError(path, `a JPEG of at most ${MOST_SCANS} scans`, `${scans}`);
  return {
    ...{ width: frame.data.readUInt16BE(3), height: frame.data.readUInt16BE(1), grey: components === 1 },
    rgba: () => decode(path, 'JPEG', bytes),
  };
}

function segmentsOf(path: string, bytes: Buffer) {
  let frame: { readonly marker: number; readonly data: Buffer } | undefined;
  let scans = 0;
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1];
    // Coded pixels, in which 0 follows each 0xff; restarts between them; bytes that fill up.
    if (bytes[at] !== 0xff || marker < 0xc0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd7)) {
      at++;
      continue;
    }
    if (marker === END) return { frame, scans };
    if (at + 4 > bytes.length) break;
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (marker === SCAN) scans++;
    if (FRAMES.includes(marker) || OTHER_FRAMES.includes(marker)) {
      if (frame) throw fileError(path, 'a JPEG of one frame', 'a second one');
      frame = { marker, data: bytes.subarray(at + 4, end) };
    }
    at = Math.max(end, at + 4);
  }
  throw fileError(path, 'a whole JPEG', `one that is cut off after ${bytes.length} bytes`);
}
