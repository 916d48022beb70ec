import type { HelpConfiguration } from 'commander';
import { wrap } from '../report/text.js';

/** Beyond this, lines are hard to read. */
const WIDEST = 120;
/** Below this, there is no room for descriptions beside the options. */
const TWO_COLUMNS = 70;

/** How the help is laid out on a terminal of a given width: descriptions beside the options, or below them. */
export function helpFormat(width: number): HelpConfiguration {
  const helpWidth = Math.min(width, WIDEST);
  if (helpWidth >= TWO_COLUMNS) return { helpWidth };
  const indented = (text: string, by: number) => wrap(text, helpWidth - by).replace(/^/gm, ' '.repeat(by));
  return {
    helpWidth,
    styleUsage: (usage) => wrap(usage, helpWidth - 'Usage: '.length).replaceAll('\n', '\n  '),
    boxWrap: (text) => wrap(text, helpWidth),
    formatItem: (term, _termWidth, description) => `${indented(term, 2)}\n${indented(description, 6)}`,
  };
}
