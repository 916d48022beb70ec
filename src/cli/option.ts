/** Options as commander takes them, whose values are read, or refused, before their command does anything. */
import { type Command, Option } from 'commander';
import type { OptionValue } from '../commands/values.js';
import { UserError } from '../errors.js';

/** An option whose range and form {@link OptionValue} declares. */
export class ValueOption extends Option {
  constructor(
    readonly value: OptionValue<unknown>,
    description: string,
    flags: string,
  ) {
    super(flags, description);
  }
}

/** An option whose command gets the value itself. */
export const valueOption = (value: OptionValue<unknown>, description: string, flags = value.flags): Option =>
  new ValueOption(value, description, flags).argParser((text) => value.read(text));

/**
 * An option whose command gets the text, in which there may be several values, for an axis of a sweep or for each
 * rule: each is read here, and how they stand together the command sees.
 */
export const textOption = (value: OptionValue<unknown>, description: string, flags = value.flags): Option =>
  new ValueOption(value, description, flags).argParser((text) => {
    for (const part of text.split(value.list ? ';' : /[;,]/)) value.read(part.slice(part.indexOf('=') + 1).trim());
    return text;
  });

/** What people call options elsewhere, and what they are called here. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  'learning-rate': ['--lr'],
  batch: ['--batch-size'],
  bs: ['--batch-size'],
  'num-epochs': ['--epochs'],
  opt: ['--optimizer'],
  scheduler: ['--schedule'],
  'lr-schedule': ['--schedule'],
  wd: ['--weight-decay'],
  arch: ['--model'],
  net: ['--model'],
  eps: ['--epsilons', '--epsilon'],
  'eps-step': ['--step-size'],
  alpha: ['--step-size'],
  steps: ['--iterations'],
  'num-steps': ['--iterations'],
  'max-iter': ['--iterations'],
  'nb-iter': ['--iterations'],
  mu: ['--momentum'],
  'random-starts': ['--restarts'],
  'num-restarts': ['--restarts'],
  'max-queries': ['--queries'],
  criterion: ['--loss'],
  'random-seed': ['--seed'],
  threads: ['--workers'],
  'num-workers': ['--workers'],
  output: ['--out'],
  'data-dir': ['--data'],
};

/** Has a command, and those below it, answer to each synonym with the name of its own option. */
export function addSynonyms(command: Command): void {
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]));
  for (const [synonym, all] of Object.entries(synonyms)) {
    const meant = all.filter((name) => known.has(name));
    if (known.has(`--${synonym}`) || meant.length === 0) continue;
    command.addOption(
      new Option(`--${synonym} [value]`)
        .hideHelp()
        .preset('')
        .argParser((text) => {
          const given = text === '' ? '' : ` ${text}`;
          throw new UserError(`--${synonym}${given}: the name here is ${meant[0]}. Try ${meant[0]}${given}.`);
        }),
    );
  }
  for (const each of command.commands) addSynonyms(each);
}
