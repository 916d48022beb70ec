/** How numbers and lists are written for people, wherever they are, and how people write numbers. */

/** A share in [0, 1] as a person reads it: `96.1 %`. The space does not break. */
export const percent = (share: number, decimals = 1): string => `${(100 * share).toFixed(decimals)}\u00a0%`;

/** The same, with two decimals below one percent: `0.03 %`. */
export const finePercent = (share: number): string => percent(share, share > 0 && share < 0.01 ? 2 : 1);

/** The number alone, for a column headed `%`. */
export const percentNumber = (share: number): string => finePercent(share).replace(/\s*%/, '');

/** A share's number with its 95 % interval, where that is known, for a column headed `%`: `12.8 (10.9–15.0)`. */
export function numberWithInterval(share: number, interval?: readonly number[]): string {
  const number = percentNumber(share);
  if (!interval) return number;
  const [low, high] = interval.map((end) => (100 * end).toFixed(1));
  return `${number} (${low}–${high})`;
}

/** `95` as `1 min 35 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The same, of a time that is not known so well: `40 s`, `1 min 20 s`, `12 min`, `2 h 40 min`. */
export function roughDuration(seconds: number): string {
  const step = seconds < 20 ? 1 : seconds < 300 ? 10 : seconds < 3600 ? 60 : 600;
  return duration(step * Math.max(1, Math.round(seconds / step))).replace(/(?<=\d [a-z]+) 0 (s|min)$/, '');
}

/** The same, with a decimal below ten seconds: `5.3 s`. */
export const fineDuration = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds));

/** `FGSM`, `FGSM and BIM`, `FGSM, BIM and MI-FGSM`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** An epsilon as people write it: `0.1`; `4/255`, in the unit of images of eight bits, where that says it shortest. */
export function epsilonText(epsilon: number): string {
  const steps = Math.round(epsilon * 255);
  const short = Math.abs(epsilon - Number(epsilon.toPrecision(2))) < 1e-9; // 0.2, which is 51/255
  return !short && Math.abs(epsilon * 255 - steps) < 1e-6 ? `${steps}/255` : `${Number(epsilon.toPrecision(3))}`;
}

/** Bytes as a person reads them: `0.5 MB`, `4,295 MB`. The space does not break. */
export function megabytes(bytes: number): string {
  const digits = bytes < 99.95e6 ? 1 : 0;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${(bytes / 1e6).toLocaleString('en', format)}\u00a0MB`;
}

/** A whole number from 0 on, as `10`: digits alone. Undefined for any other text, and beyond 2⁵³ − 1. */
export function wholeNumber(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A number from 0 on, as `10`, `0.05`, `.05` or `5e-2`. Undefined for any other text, and beyond what a number holds. */
export function decimalNumber(text: string): number | undefined {
  const value = /^(\d+|\d*\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Any number in four significant digits, and a plain 0: `-0.03127`, `1.52e-9`. */
export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e5 ? `${Number(value.toPrecision(4))}` : value.toExponential(2);
}
