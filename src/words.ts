/** Formats numbers and lists for all texts, and reads numbers from users' input. */
import { controlPicture } from './errors.js';

/** Returns a share in [0, 1] in percent: `96.1 %`, with a non-breaking space. */
export const percent = (share: number, decimals = 1): string => `${(100 * share).toFixed(decimals)}\u00a0%`;

/** Returns a share in percent, with two decimals below 1 %: `0.03 %`. */
export const finePercent = (share: number): string => percent(share, share > 0 && share < 0.01 ? 2 : 1);

/** Returns the same without the unit, for a column headed `%`. */
export const percentNumber = (share: number): string => finePercent(share).replace(/\s*%/, '');

/** Returns a share in percent with its 95 % interval, if known, for a column headed `%`: `12.8 (10.9–15.0)`. */
export function numberWithInterval(share: number, interval?: readonly number[]): string {
  const number = percentNumber(share);
  if (!interval) return number;
  const [low, high] = interval.map((end) => (100 * end).toFixed(1));
  return `${number} (${low}–${high})`;
}

/** Returns a duration: `1 min 35 s` for 95 seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Returns a rounded duration, for an estimate: `40 s`, `1 min 20 s`, `12 min`, `2 h 40 min`. */
export function roughDuration(seconds: number): string {
  const step = seconds < 20 ? 1 : seconds < 300 ? 10 : seconds < 3600 ? 60 : 600;
  return duration(step * Math.max(1, Math.round(seconds / step))).replace(/(?<=\d [a-z]+) 0 (s|min)$/, '');
}

/** Returns a duration with one decimal below ten seconds: `5.3 s`. */
export const fineDuration = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds));

/** Returns a name on one line, with control characters as their pictures, such as ␛ and ␊. */
export const printableName = (name: string): string => name.replaceAll(/\p{Cc}/gu, controlPicture);

/** Joins words: `FGSM`, `FGSM and BIM`, `FGSM, BIM and MI-FGSM`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The least number of significant digits of an ε. */
const LEAST_DIGITS = 3;

/** Returns an ε: `0.1`, or `4/255` (in steps of an 8-bit image) if that is shorter. */
export function epsilonText(epsilon: number): string {
  const steps = Math.round(epsilon * 255);
  const short = Math.abs(epsilon - Number(epsilon.toPrecision(2))) < 1e-9; // 0.2, which is 51/255
  return !short && Math.abs(epsilon * 255 - steps) < 1e-6
    ? `${steps}/255`
    : `${Number(epsilon.toPrecision(LEAST_DIGITS))}`;
}

/**
 * Writes each of several epsilons as {@link epsilonText} does, in as many digits as it takes for no two to read alike:
 * `0.1` and `0.1000001`.
 *
 * @returns the text of one of them
 */
export function epsilonTexts(epsilons: readonly number[]): (epsilon: number) => string {
  const written = (epsilon: number, digits: number) =>
    digits === LEAST_DIGITS ? epsilonText(epsilon) : `${Number(epsilon.toPrecision(digits))}`;
  return (epsilon) => {
    const others = epsilons.filter((other) => other !== epsilon && epsilonText(other) === epsilonText(epsilon));
    let digits = LEAST_DIGITS;
    while (others.some((other) => written(other, digits) === written(epsilon, digits))) digits++;
    return written(epsilon, digits);
  };
}

/** Returns a number of bytes in megabytes: `0.5 MB`, `4,295 MB`, with a non-breaking space. */
export function megabytes(bytes: number): string {
  const digits = bytes < 99.95e6 ? 1 : 0;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${(bytes / 1e6).toLocaleString('en', format)}\u00a0MB`;
}

/** Reads a whole number from 0, such as `10`: digits alone. Returns undefined for any other text, and above 2⁵³ − 1. */
export function wholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads a number from 0: `10`, `0.05`, `.05` or `5e-2`. Returns undefined for any other text, and for infinite numbers.
 */
export function decimalNumber(text: string): number | undefined {
  const value = /^(\d+|\d*\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Returns a number in four significant digits, and 0 as `0`: `-0.03127`, `1.52e-9`. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? `${Number(value.toPrecision(4))}` : value.toExponential(2);
}
