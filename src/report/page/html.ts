/** HTML that can't be broken out of: whatever a template holds that is not HTML itself is escaped. */

import { controlPicture } from '../../errors.js';

/** Text that is HTML already. Only {@link html}, and what has checked its text itself, make it. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | readonly Part[];

/** A template's HTML: strings and numbers escaped, arrays one after the other, undefined as nothing. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(texts.map((text, i) => (i === 0 ? text : written(parts[i - 1]) + text)).join(''));

function written(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(written).join('');
  return escaped(String(part));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** HTML holds no control characters but tabs and ends of lines. */
const escaped = (text: string): string =>
  text.replace(/[^\P{Cc}\n\r\t]/gu, controlPicture).replace(/[&<>"']/g, (character) => entities[character]);
