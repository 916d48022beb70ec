/* A picture as a part of the page's address: a test image's number, or a drawn one's pixels. */

/** A test image, or one that was drawn and said to be a digit. */
export type Picture =
  | { readonly kind: 'test'; readonly index: number }
  | {
      readonly kind: 'drawn';
      readonly label: number /** 28 × 28 numbers from 0 to 15. */;
      readonly pixels: Uint8Array;
    };

/** Test images that the page has. */
export const TEST_IMAGES = 10_000;
const SIDE = 28;

export const printPicture = (picture: Picture): string =>
  picture.kind === 'test' ? `${picture.index}` : `d${picture.label}.${packPixels(picture.pixels)}`;

/** Nothing where it stands for no picture. */
export function parsePicture(text: string | undefined): Picture | undefined {
  if (text === undefined) return undefined;
  const drawn = /^d(\d)\.([\w-]+)$/.exec(text);
  if (!drawn) {
    const index = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    return index < TEST_IMAGES ? { kind: 'test', index } : undefined;
  }
  const pixels = unpackPixels(drawn[2]);
  return pixels && { kind: 'drawn', label: Number(drawn[1]), pixels };
}

/** Two pixels of 4 bits a byte, then base64 in the letters that addresses can hold. */
function packPixels(pixels: Uint8Array): string {
  let bytes = '';
  for (let i = 0; i < pixels.length; i += 2) bytes += String.fromCharCode((pixels[i] << 4) | pixels[i + 1]);
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function unpackPixels(text: string): Uint8Array | undefined {
  let bytes: string;
  try {
    bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return undefined;
  }
  if (bytes.length !== (SIDE * SIDE) / 2) return undefined;
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const byte = bytes.charCodeAt(i >> 1);
    return i % 2 === 0 ? byte >> 4 : byte & 15;
  });
}

/** Another test image: wraps around. */
export const neighbour = (picture: Picture, by: number, count: number): Picture => {
  const index = picture.kind === 'test' ? picture.index + by : 0;
  return { kind: 'test', index: ((index % count) + count) % Math.min(count, TEST_IMAGES) };
};
