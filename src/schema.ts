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

/** The keys of a table, in its order. */
export const keysOf = <Name extends string>(table: Readonly<Partial<Record<Name, unknown>>>) =>
  Object.keys(table) as Name[];

/** The keys of a table, as a choice. */
export const keyOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => z.enum(keysOf(table));

/** A share of something, in [0, 1]. */
export const share = z.number().min(0).max(1);

/** How many of something. */
export const count = z.number().int().min(0);

/**
 * The value that a JSON text stands for. A byte order mark before it is let pass, as editors on Windows leave one.
 *
 * @param file what messages call the text
 * @param advice what the reader is told to do
 * @throws {UserError} if it is not JSON
 */
export function parseJson(text: string, file: string, advice: string): unknown {
  if (text.includes('\0')) {
    throw new UserError(
      `${file} is not text in UTF-8 (it holds zero bytes, as UTF-16 does): save it as UTF-8. ${advice}`,
    );
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${file} is not JSON (${reason}). ${advice}`);
  }
}

/** The values of a text that has one JSON value a line; empty lines are let pass, and the last need not be ended. */
export function parseJsonLines(text: string, file: string, advice: string): unknown[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [parseJson(line, `${file}, line ${index + 1},`, advice)]));
}

/** The longest value that a message shows. */
const LONGEST = 60;

/** One thing that a schema found wrong: the field, the value there, and what is accepted. */
export function faultText({ path, message }: z.core.$ZodIssue, data: unknown): string {
  if (path.length === 0) return message;
  const value = JSON.stringify(valueAt(data, path));
  if (value === undefined) return `${fieldName(path)} is missing`;
  return value.length > LONGEST ? `${fieldName(path)}: ${message}` : `${fieldName(path)} is ${value}: ${message}`;
}

/** All that a schema found wrong, a line each. */
export const faultList = (error: z.ZodError, data: unknown): string =>
  error.issues.map((issue) => `✖ ${faultText(issue, data)}`).join('\n');

/** `curves[0].points[2].epsilon` */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** What lies at a path of keys in a value read from JSON. */
export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}
