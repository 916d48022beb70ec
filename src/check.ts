/*
 * Checks of the arguments of public functions. Arguments are checked once, where they come in; inner code trusts them.
 * TypeScript doesn't check callers in JavaScript, so every value may be of any type.
 *
 * A message names the function, the argument, the value and the accepted values: `perturb: options.epsilon is 8; a
 * number from 0 to 1 is expected`. Numbers, flags and names that are not accepted throw a RangeError, wrong lengths and
 * shapes a ShapeError, and values of another type a TypeError.
 */
import { ShapeError } from './errors.js';

/** The accepted numbers; without bounds, every finite number. */
export interface Bounds {
  readonly from?: number;
  readonly above?: number;
  readonly to?: number;
  readonly below?: number;
}

/**
 * Checks that a value is a finite number within bounds.
 *
 * @param hint advice at the end of the message
 */
export function number(where: string, argument: string, value: unknown, bounds: Bounds = {}, hint = ''): void {
  if (Number.isFinite(value) && isWithin(value as number, bounds)) return;
  throw new RangeError(refusal(where, argument, value, `a ${boundsText(bounds)}`, hint));
}

/** Returns true if a number is within bounds. */
export function isWithin(value: number, bounds: Bounds): boolean {
  const { from = Number.NEGATIVE_INFINITY, above = Number.NEGATIVE_INFINITY } = bounds;
  const { to = Number.POSITIVE_INFINITY, below = Number.POSITIVE_INFINITY } = bounds;
  return value >= from && value > above && value <= to && value < below;
}

/** Checks that a value is a whole number from `from` to `to`, both accepted. */
export function wholeNumber(
  where: string,
  argument: string,
  value: unknown,
  { from = 1, to = Number.MAX_SAFE_INTEGER }: Pick<Bounds, 'from' | 'to'> = {},
): void {
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
  const accepted =
    to === Number.MAX_SAFE_INTEGER ? `a whole number of ${from} or more` : `a whole number from ${from} to ${to}`;
  throw new RangeError(refusal(where, argument, value, accepted));
}

/** Checks that a value is a seed: a whole number of 32 bits, with or without a sign. */
export const seed = (where: string, argument: string, value: unknown): void =>
  wholeNumber(where, argument, value, { from: -(2 ** 31), to: 2 ** 32 - 1 });

/** Checks that a value is one of some names, such as the keys of a table. */
export function oneOf(where: string, argument: string, value: unknown, names: readonly string[]): void {
  if (typeof value === 'string' && names.includes(value)) return;
  throw new RangeError(refusal(where, argument, value, `one of ${names.join(', ')}`));
}

/** Checks that a value is true or false. */
export function flag(where: string, argument: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new RangeError(refusal(where, argument, value, 'true or false'));
}

/** Checks that a value is a text of at least `least` characters. */
export function text(where: string, argument: string, value: unknown, least = 1): void {
  if (typeof value === 'string' && value.length >= least) return;
  throw new RangeError(refusal(where, argument, value, 'some text'));
}

/** Checks that a value is a function. */
export function callable(where: string, argument: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(refusal(where, argument, value, 'a function'));
}

/**
 * Checks that a value is an object whose fields have the given types. `what` names the accepted object, such as `a
 * network`.
 */
export function object(
  where: string,
  argument: string,
  value: unknown,
  what: string,
  fields: Readonly<Record<string, 'function' | 'object' | 'string' | 'boolean'>> = {},
): void {
  const given = value as Readonly<Record<string, unknown>>;
  const fits =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    Object.entries(fields).every(([name, type]) => typeof given[name] === type && given[name] !== null);
  if (!fits) throw new TypeError(refusal(where, argument, value, what));
}

/** Checks the names of options: an unknown name is a mistake, and would have no effect. */
export function options(where: string, argument: string, value: unknown, names: readonly string[]): void {
  object(where, argument, value, `an object with ${names.join(', ')}`);
  const unknown = Object.keys(value as object).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new RangeError(`${where}: ${argument}.${unknown} is no option; accepted are ${names.join(', ')}`);
}

/** Checks that a value is an array, plain or typed, of finite numbers within bounds. */
export function numbers(where: string, argument: string, value: unknown, bounds: Bounds = {}, length?: number): void {
  if (!(value instanceof Float32Array || value instanceof Float64Array))
    list(where, argument, value, 'an array of numbers');
  const given = value as readonly unknown[];
  sameLength(where, argument, given, length);
  for (let i = 0; i < given.length; i++) number(where, `${argument}[${i}]`, given[i], bounds);
}

/** Checks that a value is an array. */
export function list(where: string, argument: string, value: unknown, what: string): void {
  if (!Array.isArray(value)) throw new TypeError(refusal(where, argument, value, what));
}

/**
 * Checks that a value is a shape, the extents of an array.
 *
 * @param axes the axes' names, such as `[C, H, W]`, if their number is fixed
 * @param least the smallest extent; 0 if an axis may be empty
 */
export function shape(where: string, argument: string, value: unknown, axes?: readonly string[], least = 1): void {
  const what = axes ? `a shape [${axes.join(', ')}]` : 'a shape such as [1, 28, 28]';
  list(where, argument, value, what);
  const extents = value as readonly unknown[];
  const whole = extents.every((extent) => Number.isSafeInteger(extent) && (extent as number) >= least);
  if (whole && (axes === undefined || axes.length === extents.length)) return;
  throw new ShapeError(refusal(where, argument, value, `${what} of whole numbers of ${least} or more`));
}

/** Checks that a value is a typed array of float32 or float64. */
export function floats(where: string, argument: string, value: unknown, length?: number): void {
  if (!(value instanceof Float32Array || value instanceof Float64Array)) {
    throw new TypeError(refusal(where, argument, value, 'a Float32Array or a Float64Array'));
  }
  sameLength(where, argument, value, length);
}

/** Checks that a value is a typed array of float32. */
export function float32s(where: string, argument: string, value: unknown, length?: number): void {
  if (!(value instanceof Float32Array)) throw new TypeError(refusal(where, argument, value, 'a Float32Array'));
  sameLength(where, argument, value, length);
}

/** Checks that a value is an array of bytes, such as pixels or a file. */
export function bytes(where: string, argument: string, value: unknown, length?: number): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(refusal(where, argument, value, 'a Uint8Array'));
  sameLength(where, argument, value, length);
}

function sameLength(where: string, argument: string, value: { readonly length: number }, length?: number): void {
  if (length === undefined || value.length === length) return;
  throw new ShapeError(`${where}: ${argument} holds ${value.length} numbers; ${length} are expected`);
}

/** Checks that a value is a typed array of class indices, one per image. */
export function classIndices(where: string, argument: string, value: unknown): void {
  if (value instanceof Uint8Array || value instanceof Uint16Array) return;
  throw new TypeError(refusal(where, argument, value, 'a Uint8Array or, for more than 256 classes, a Uint16Array'));
}

/**
 * Checks that a value holds one class index per image.
 *
 * @param classes the number of classes, if known
 */
export function labels(where: string, argument: string, value: unknown, images: number, classes = 2 ** 16): void {
  classIndices(where, argument, value);
  const given = value as Uint8Array | Uint16Array;
  if (given.length !== images) throw new ShapeError(`${where}: ${images} images, ${given.length} labels`);
  for (let i = 0; i < images; i++) {
    if (given[i] < classes) continue;
    throw new RangeError(refusal(where, `${argument}[${i}]`, given[i], `a class from 0 to ${classes - 1}`));
  }
}

/** Checks that pixels are finite numbers, and in [0, 1] unless `anywhere` is true. */
export function pixels(where: string, argument: string, values: ArrayLike<number>, anywhere = false): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (anywhere ? Number.isFinite(value) : value >= 0 && value <= 1) continue;
    const accepted = anywhere ? 'a finite number' : 'a number from 0 to 1';
    const hint = !Number.isFinite(value)
      ? ''
      : value > 1
        ? 'divide pixels of 0 to 255 by 255'
        : 'leave the mean and the deviation to the network, whose first layer they are';
    throw new RangeError(refusal(where, `${argument}[${i}]`, value, accepted, hint));
  }
}

/** Returns an error message: `perturb: options.epsilon is 8; a number from 0 to 1 is expected (8/255, say)`. */
export const refusal = (where: string, argument: string, value: unknown, accepted: string, hint = ''): string =>
  `${where}: ${argument} is ${shown(value)}; ${accepted} is expected${hint === '' ? '' : ` (${hint})`}`;

/**
 * Returns the accepted numbers as text: `number from 0 to 1`, `finite number above 0`.
 *
 * @param kind the name of the numbers, such as `whole number`
 */
export function boundsText({ from, above, to, below }: Bounds, kind?: string): string {
  if (from !== undefined && to !== undefined) return `${kind ?? 'number'} from ${from} to ${to}`;
  const low = from !== undefined ? `of ${from} or more` : above !== undefined ? `above ${above}` : '';
  const high = to !== undefined ? `up to ${to}` : below !== undefined ? `below ${below}` : '';
  const both = [low, high].filter((bound) => bound !== '').join(' and ');
  return `${kind ?? 'finite number'} ${both}`.trimEnd();
}

/** The most characters of a value that a message quotes. */
const MOST_SHOWN = 60;

/** Returns a value as messages write it. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return cut(JSON.stringify(value));
  if (Array.isArray(value)) return cut(`[${value.map(shown).join(', ')}]`);
  if (typeof value !== 'object' || value === null) return String(value);
  const name = value.constructor?.name;
  return name === undefined || name === 'Object' ? 'an object' : `an object of ${name}`;
}

const cut = (long: string): string => (long.length <= MOST_SHOWN ? long : `${long.slice(0, MOST_SHOWN)}…`);
