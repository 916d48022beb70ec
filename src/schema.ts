/** What every reader of JSON files shares. */
import { z } from 'zod';
import { UserError } from './errors.js';

/** What a schema accepts, for those who read it: nothing in it can be written, and no field is unknown. */
export type Parsed<Schema extends z.ZodType> = DeepReadonly<z.infer<Schema>>;

/** Loose objects keep fields that they don't know, of type unknown: those are left out here. */
type DeepReadonly<T> = T extends readonly (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T as unknown extends T[Key] ? never : Key]: DeepReadonly<T[Key]> }
    : T;

/** The keys of a table, as a choice. */
export const keyOf = <Table extends object>(table: Table) =>
  z.enum(Object.keys(table) as [keyof Table & string, ...(keyof Table & string)[]]);

/** A share of something, in [0, 1]. */
export const share = z.number().min(0).max(1);

/** How many of something. */
export const count = z.number().int().min(0);

/**
 * The value that a JSON text stands for.
 *
 * @param file what messages call the text
 * @param advice what the reader is told to do
 * @throws {UserError} if it is not JSON
 */
export function parseJson(text: string, file: string, advice: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${file} is not JSON (${reason}). ${advice}`);
  }
}
