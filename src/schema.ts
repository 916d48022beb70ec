/** Schemas and messages for all readers of JSON files. */
import { z } from 'zod';
import { UserError } from './errors.js';

/** The type of the values that a schema accepts, read-only and without unknown fields. */
export type Parsed<Schema extends z.ZodType> = DeepReadonly<z.infer<Schema>>;

/** Loose objects keep unknown fields, of type unknown; this type leaves these out. */
type DeepReadonly<T> = T extends readonly (infer Element)[]
  ? readonly DeepReadonly<Element>[]
  : T extends object
    ? { readonly [Key in keyof T as unknown extends T[Key] ? never : Key]: DeepReadonly<T[Key]> }
    : T;

/** Returns the keys of a table, in its order. */
export const keysOf = <Name extends string>(table: Readonly<Partial<Record<Name, unknown>>>) =>
  Object.keys(table) as Name[];

/** Returns the schema of a table's keys. */
export const keyOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => z.enum(keysOf(table));

/** A share, in [0, 1]. */
export const share = z.number().min(0).max(1);

/** The 95 % interval of a share; see metrics/wilson.ts. Files of earlier versions have no intervals. */
export const interval = z.tuple([share, share]).optional();

/** A number of things, from 0. */
export const count = z.number().int().min(0);

/**
 * Returns the schema of a list. Reading stops at the first wrong element: a damaged file of a million elements must not
 * cause a million messages.
 *
 * @param least the smallest number of elements
 */
export const list = <Element extends z.ZodType>(element: Element, least = 0) =>
  z
    .array(z.unknown())
    .min(least)
    .transform((values, context): z.output<Element>[] => {
      const read: z.output<Element>[] = [];
      for (const [index, value] of values.entries()) {
        const parsed = element.safeParse(value);
        if (!parsed.success) return firstIssue(parsed.error, index, context);
        read.push(parsed.data);
      }
      return read;
    });

/** Returns the schema of an object with any keys and values of one type, which is read as {@link list} is. */
export const table = <Value extends z.ZodType>(value: Value) =>
  z.record(z.string(), z.unknown()).transform((entries, context): Record<string, z.output<Value>> => {
    const read: [string, z.output<Value>][] = [];
    for (const [key, each] of Object.entries(entries)) {
      const parsed = value.safeParse(each);
      if (!parsed.success) return firstIssue(parsed.error, key, context);
      read.push([key, parsed.data]);
    }
    return Object.fromEntries(read);
  });

/** Reports the first fault of an element. */
function firstIssue(error: z.ZodError, key: PropertyKey, context: z.RefinementCtx): never {
  const issue = error.issues[0];
  context.addIssue({ code: 'custom', message: issue.message, path: [key, ...issue.path] });
  return z.NEVER;
}

/*
 * The limits of a JSON text: reading one takes at most 64 MB beyond its own size. The files of a run are nested less
 * than ten deep, their objects have a few dozen keys, and the largest results a few hundred thousand values.
 */
export const MOST_CHARACTERS = 20_000_000;
const MOST_DEPTH = 64;
const MOST_KEYS = 10_000;
const MOST_VALUES = 1_000_000;

/**
 * Reads a JSON text. It skips a byte order mark, which editors on Windows write at the beginning.
 *
 * @param file the text's name in messages
 * @param advice the advice at the end of messages
 * @throws {UserError} if it is not JSON, or is larger or more deeply nested than any file of a run
 */
export function parseJson(text: string, file: string, advice: string): unknown {
  const excess = excessOf(text);
  if (excess !== undefined) throw new UserError(`${file} ${excess} is the most. ${advice}`);
  if (text.includes('\0')) {
    throw new UserError(
      `${file} is not text in UTF-8 (it holds zero bytes, as UTF-16 does): save it as UTF-8. ${advice}`,
    );
  }
  if (text.trim() === '') throw new UserError(`${file} is not JSON (it is empty). ${advice}`);
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${file} is not JSON (${reason}). ${advice}`);
  }
}

/** The version in the field `schema` of all files. Until now, fields have only been added to each format. */
const VERSION = 1;

/** A format of JSON files that later versions must still read. */
export interface FileFormat<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** The format's name in messages, such as `the plan of a sweep`. */
  readonly title: string;
  /** The advice to the user if the caller gives no better one. */
  readonly advice: string;
}

/**
 * Reads the text of a file of a known format.
 *
 * @param file the file's name in messages
 * @param advice the advice at the end of messages
 * @throws {UserError} if the text is not JSON, has another schema, or a field is missing or has an impossible value
 */
export const parseFile = <Schema extends z.ZodType>(
  format: FileFormat<Schema>,
  text: string,
  file: string,
  advice = format.advice,
): z.output<Schema> => checkFile(format, parseJson(text, file, advice), file, advice);

/** Checks the value of a file of a known format. @throws {UserError} as {@link parseFile} does */
export function checkFile<Schema extends z.ZodType>(
  { schema, title, advice: usual }: FileFormat<Schema>,
  value: unknown,
  file: string,
  advice = usual,
): z.output<Schema> {
  const version = valueAt(value, ['schema']);
  if (version === undefined) {
    throw new UserError(`${file}: the field "schema" is missing, so it is not ${title}. ${advice}`);
  }
  if (version !== VERSION) {
    const found = JSON.stringify(version).slice(0, LONGEST);
    throw new UserError(`${file} has schema ${found}; this version reads schema ${VERSION}. ${advice}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue, ...more] = parsed.error.issues;
  if (more.length === 0) throw new UserError(`${file}: ${faultText(issue, value)}. ${advice}`);
  throw new UserError(`${file} has fields that can't be used:\n${faultList(parsed.error, value)}\n${advice}`);
}

/** Finds a limit that a JSON text exceeds, before any value is made; returns undefined if it exceeds no limit. */
export function excessOf(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return `has ${text.length} characters; ${MOST_CHARACTERS}`;
  const keys: number[] = [];
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': // on to the string's end
        for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
        break;
      case '[':
      case '{':
        if (keys.push(0) > MOST_DEPTH) return `is nested ${keys.length} deep or deeper; ${MOST_DEPTH}`;
        values++;
        break;
      case ']':
      case '}':
        keys.pop();
        break;
      case ':':
        if (++keys[keys.length - 1] > MOST_KEYS) return `has an object with more than ${MOST_KEYS} keys; that`;
        break;
      case ',':
        if (++values > MOST_VALUES) return `holds more than ${MOST_VALUES} values; that`;
    }
  }
  return undefined;
}

/** The length of the longest value that a message shows. */
const LONGEST = 60;

/** Returns a fault that a schema found: the field, its value, and the accepted values. */
export function faultText({ path, message }: z.core.$ZodIssue, data: unknown): string {
  if (path.length === 0) return message;
  const value = JSON.stringify(valueAt(data, path));
  if (value === undefined) return `${fieldName(path)} is missing`;
  return value.length > LONGEST ? `${fieldName(path)}: ${message}` : `${fieldName(path)} is ${value}: ${message}`;
}

/** The largest number of faults that a message lists. */
const MOST_FAULTS = 8;

/** Returns the faults that a schema found, one per line. */
export function faultList({ issues }: z.ZodError, data: unknown): string {
  const lines = issues.slice(0, MOST_FAULTS).map((issue) => `✖ ${faultText(issue, data)}`);
  const more = issues.length - MOST_FAULTS;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

/** Returns a field's name, such as `curves[0].points[2].epsilon`. */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

/** Returns the value at a path of keys in a value read from JSON; undefined if the path leads nowhere. */
export function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], data);
}
