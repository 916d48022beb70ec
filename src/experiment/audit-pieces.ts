/* The pieces of an audit as files: what became of each trial's images. */
import { z } from 'zod';
import type { Trial, TrialPiece } from '../audit/trials.js';
import { littleEndian } from '../export/bytes.js';
import { count, list } from '../schema.js';
import { jsonPiece, type PieceFormat } from './kept.js';

const pieceSchema = z.strictObject({
  trial: count,
  first: count,
  predictions: z.base64(),
  /** Present where each prediction is a Uint16, little-endian; elsewhere each is a byte. */
  wide: z.literal(true).optional(),
  /** Int32, little-endian. */
  queries: z.base64(),
  notFinite: count,
});
const fileSchema = z.strictObject({ schema: z.literal(1), pieces: list(pieceSchema) });

/** @param trials those that the pieces are of: what does not fit them is none of theirs */
export const trialPieces = (trials: readonly Pick<Trial, 'images'>[]): PieceFormat<TrialPiece[]> =>
  jsonPiece(
    fileSchema,
    (pieces: TrialPiece[]) => ({
      schema: 1 as const,
      pieces: pieces.map(({ predictions, queries, ...numbers }) => ({
        ...numbers,
        predictions: Buffer.from(littleEndian(predictions)).toString('base64'),
        ...(predictions instanceof Uint16Array && { wide: true as const }),
        queries: Buffer.from(littleEndian(queries)).toString('base64'),
      })),
    }),
    ({ pieces }) =>
      pieces.map(({ predictions, queries, wide, ...numbers }) => ({
        ...numbers,
        predictions: wide
          ? uint16s(Buffer.from(predictions, 'base64'))
          : Uint8Array.from(Buffer.from(predictions, 'base64')),
        queries: int32s(Buffer.from(queries, 'base64')),
      })),
    (pieces) => fit(pieces, trials),
  );

/** Whether the pieces are of just these trials: every image of each is there once. */
function fit(pieces: readonly TrialPiece[], trials: readonly Pick<Trial, 'images'>[]): boolean {
  const seen = trials.map(({ images }) => new Uint8Array(images.length));
  for (const { trial, first, predictions, queries, notFinite } of pieces) {
    const own = seen[trial]?.subarray(first, first + predictions.length);
    if (own?.length !== predictions.length || queries.length !== predictions.length) return false;
    if (own.some((times) => times > 0) || notFinite > predictions.length) return false;
    own.fill(1);
  }
  return seen.every((own) => own.every((times) => times === 1));
}

const uint16s = (bytes: Buffer): Uint16Array =>
  Uint16Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => bytes.readUInt16LE(2 * i));

const int32s = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readInt32LE(4 * i));
