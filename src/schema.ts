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

/** The 95 % interval of a share: see metrics/wilson.ts. Files of earlier versions have none. */
export const interval = z.tuple([share, share]).optional();

/** How many of something. */
export const count = z.number().int().min(0);

/**
 * A list, read up to its first element that is not as it should be: a damaged file of a million elements shall not give
 * a million complaints.
 *
 * @param least how many elements there must be
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

/** An object with any keys and values of one kind, read as {@link list} is. */
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

/** Passes on what is wrong with an element. */
function firstIssue(error: z.ZodError, key: PropertyKey, context: z.RefinementCtx): never {
  const issue = error.issues[0];
  context.addIssue({ code: 'custom', message: issue.message, path: [key, ...issue.path] });
  return z.NEVER;
}

/*
 * What a JSON text may be at most, so that reading one takes no more than 64 MB beyond its own size. The files of a run
 * nest less than ten deep, their objects have some dozen keys, and the largest results some hundred thousand values.
 */
export const MOST_CHARACTERS = 20_000_000;
const MOST_DEPTH = 64;
const MOST_KEYS = 10_000;
const MOST_VALUES = 1_000_000;

/**
 * The value that a JSON text stands for. A byte order mark before it is let pass, as editors on Windows leave one.
 *
 * @param file what messages call the text
 * @param advice what the reader is told to do
 * @throws {UserError} if it is not JSON, or is larger, or more deeply nested, than any file of a run
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

/** The number that the files' field `schema` has, all of them: no format was changed yet but by fields that were added. */
const VERSION = 1;

/** A kind of JSON file that is a promise: it says its schema's number, and every version reads what it knows of it. */
export interface FileFormat<Schema extends z.ZodType> {
  readonly schema: Schema;
  /** What messages call such a file, as `the plan of a sweep`. */
  readonly title: string;
  /** What the reader is told to do, where the caller knows nothing better. */
  readonly advice: string;
}

/**
 * Reads the text of a file of a known format.
 *
 * @param file what messages call it
 * @param advice what the reader is told to do
 * @throws {UserError} if the text is not JSON, is of another schema, or a field is missing or impossible
 */
export const parseFile = <Schema extends z.ZodType>(
  format: FileFormat<Schema>,
  text: string,
  file: string,
  advice = format.advice,
): z.output<Schema> => checkFile(format, parseJson(text, file, advice), file, advice);

/** Checks a value that a file of a known format holds. @throws {UserError} as {@link parseFile} does */
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

/** What a JSON text has too much of, found before any of its values is made; undefined if nothing. */
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

/** The longest value that a message shows. */
const LONGEST = 60;

/** One thing that a schema found wrong: the field, the value there, and what is accepted. */
export function faultText({ path, message }: z.core.$ZodIssue, data: unknown): string {
  if (path.length === 0) return message;
  const value = JSON.stringify(valueAt(data, path));
  if (value === undefined) return `${fieldName(path)} is missing`;
  return value.length > LONGEST ? `${fieldName(path)}: ${message}` : `${fieldName(path)} is ${value}: ${message}`;
}

/** Faults that a message lists at most. */
const MOST_FAULTS = 8;

/** What a schema found wrong, a line each. */
export function faultList({ issues }: z.ZodError, data: unknown): string {
  const lines = issues.slice(0, MOST_FAULTS).map((issue) => `✖ ${faultText(issue, data)}`);
  const more = issues.length - MOST_FAULTS;
  return [...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

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
