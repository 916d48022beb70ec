/*
 * What a long work must not lose when it is interrupted: its pieces, each kept in a file as it comes, under the hash of
 * all that decides it. Whoever asks for the same piece again gets it from there; one that anything has changed for has
 * another hash. When the work is whole, its pieces go.
 */
import { createHash } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { onDisk } from '../disk/faults.js';
import { makeFolder, readTextIfThere, remove, removeUnfinished, writeWhole } from '../disk/files.js';
import { UserError } from '../errors.js';
import type { SharedNetwork } from '../parallel/messages.js';
import { faultList, parseJson } from '../schema.js';
import { sortedJson } from './training-hash.js';

/** The folder of pieces, in that of the run. */
const FOLDER = 'unfinished';
const PIECE = /^[0-9a-f]{64}\.json$/;

/** How a kind of piece is written, and read back. */
export interface PieceFormat<Value> {
  format(value: Value): string;
  /** @throws {UserError} if the text is no such piece */
  parse(text: string, file: string): Value;
}

/**
 * Pieces as JSON.
 *
 * @param schema what is written
 * @param toJson and back
 * @param fits whether a value is of just the piece that is asked for
 */
export const jsonPiece = <Schema extends z.ZodType, Value>(
  schema: Schema,
  toJson: (value: Value) => z.input<Schema>,
  fromJson: (written: z.output<Schema>) => Value,
  fits: (value: Value) => boolean,
): PieceFormat<Value> => ({
  format: (value) => `${JSON.stringify(toJson(value))}\n`,
  parse(text, file) {
    const data = parseJson(text, file, 'Remove it.');
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw new UserError(`${file} is no part of a run:\n${faultList(parsed.error, data)}`);
    const value = fromJson(parsed.data);
    if (!fits(value)) throw new UserError(`${file} is not the part of the run that its name says. Remove it.`);
    return value;
  },
});

export class KeptPieces {
  private readonly folder: string;

  /**
   * @param run the folder of the run, locked
   * @param log told of a piece that can't be read
   */
  constructor(
    run: string,
    private readonly log: (line: string) => void,
  ) {
    this.folder = join(run, FOLDER);
  }

  /**
   * A piece of the work: as an interrupted one left it, or made and kept.
   *
   * @param decides all that its value depends on, as JSON has it
   */
  async piece<Value>(decides: unknown, format: PieceFormat<Value>, make: () => Promise<Value>): Promise<Value> {
    const file = join(this.folder, `${createHash('sha256').update(sortedJson(decides)).digest('hex')}.json`);
    const text = await readTextIfThere(file);
    if (text !== undefined) {
      try {
        return format.parse(text, file);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.log(`What an interrupted run left is not usable, and is done again. ${error.message}`);
      }
    }
    const value = await make();
    await makeFolder(this.folder);
    await writeWhole(file, format.format(value));
    return value;
  }

  /** Whether an interrupted work has left any. */
  async any(): Promise<boolean> {
    return (await this.names()).some((name) => PIECE.test(name));
  }

  /** Removes all pieces, and their folder unless something else is in it. */
  async clear(): Promise<void> {
    const names = await this.names();
    if (names.length === 0) return;
    await removeUnfinished(this.folder);
    for (const name of names) if (PIECE.test(name)) await remove(join(this.folder, name));
    await rmdir(this.folder).catch(() => {}); // something else is in it
  }

  private names(): Promise<string[]> {
    return onDisk('read', this.folder, () => readdir(this.folder).catch(nothingThere));
  }
}

function nothingThere(error: NodeJS.ErrnoException): string[] {
  if (error.code !== 'ENOENT') throw error;
  return [];
}

/** What tells a network from every other: SHA-256 (hexadecimal) of what it is and of all its numbers. */
export function networkDigest({ spec, rule, values, feedback }: SharedNetwork): string {
  const hash = createHash('sha256').update(sortedJson({ spec, rule }));
  // A copy: not every hash takes memory that threads share.
  for (const { buffer, byteOffset, byteLength } of [values, feedback]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength).slice());
  }
  return hash.digest('hex');
}
