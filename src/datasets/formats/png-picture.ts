/* A PNG of any kind as red, green, blue and alpha of 8 bits each. */
import type { DecodedPng } from 'fast-png';
import { fileError } from './files.js';
import type { OpenPicture } from './open-picture.js';
import { openPng, PALETTE } from './png.js';

const OPAQUE = 255;

/**
 * Reads a PNG's header. Of 16 bits the upper 8 are taken.
 *
 * @throws {UserError} that names the file, if it is damaged or of a kind that isn't read
 */
export function openPngPicture(path: string, bytes: Buffer): OpenPicture {
  const { width, height, colour, decode } = openPng(path, bytes);
  const paletted = colour === PALETTE;
  return {
    ...{ width, height, grey: !paletted && (colour & 2) === 0 },
    async rgba() {
      const decoded = await decode();
      if (!paletted && decoded.depth >= 8) return spread(decoded);
      // Grey of less than 8 bits lies packed, as numbers of colours do: it is unpacked with a palette of greys.
      const palette = paletted ? decoded.palette : greys(decoded);
      const { convertIndexedToRgb } = await import('fast-png');
      try {
        const data = convertIndexedToRgb({ ...decoded, ...(palette && { palette }) });
        const channels = data.length === 4 * width * height ? 4 : 3;
        return spread({ width, height, text: {}, data, depth: 8, channels });
      } catch (error) {
        throw fileError(path, 'an intact PNG', `a damaged one (${(error as Error).message})`);
      }
    },
  };
}

/** The palette that grey of less than 8 bits stands for; one grey may stand for what is transparent. */
function greys({ depth, transparency }: DecodedPng): NonNullable<DecodedPng['palette']> {
  const most = 2 ** depth - 1;
  return Array.from({ length: most + 1 }, (_, level) => {
    const value = (255 * level) / most;
    return [value, value, value, transparency?.[0] === level ? 0 : OPAQUE];
  });
}

/** The pixels with alpha beside them, grey ones three times. */
function spread({ width, height, channels, depth, data, transparency }: DecodedPng): Uint8Array {
  const rgba = new Uint8Array(4 * width * height);
  const colours = channels < 3 ? 1 : 3;
  const shift = depth - 8;
  const key = channels === colours ? transparency : undefined; // a colour that is transparent
  for (let p = 0; p < width * height; p++) {
    const from = channels * p;
    let keyed = key !== undefined && key.length >= colours;
    for (let c = 0; c < 3; c++) {
      const value = data[from + (c % colours)];
      rgba[4 * p + c] = value >> shift;
      keyed &&= value === key?.[c % colours];
    }
    rgba[4 * p + 3] = channels > colours ? data[from + colours] >> shift : keyed ? 0 : OPAQUE;
  }
  return rgba;
}
