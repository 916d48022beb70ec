import { UserError } from '../errors.js';
import { paperRules, type RuleName, rules } from '../rules/index.js';

/** How an option gives each rule a value of its own, for the help and for messages: `bp=VALUE,fa=VALUE`. */
export const byRule = paperRules.map((rule) => `${rule}=VALUE`).join(',');

/**
 * What an option's text says for one rule: `0.01` says it for all, `bp=0.001,fa=0.01` for each.
 *
 * @param chosen the rules that are trained
 * @returns undefined where the text says nothing for this rule
 * @throws {UserError} if the text can't be read, or names a rule that is not trained
 */
export function valueForRule(
  option: string,
  text: string | undefined,
  rule: RuleName,
  chosen: readonly RuleName[],
): string | undefined {
  if (text === undefined || !text.includes('=')) return text;
  const values = new Map<string, string>();
  for (const part of text.split(',')) {
    const [said, given, ...rest] = part.split('=').map((piece) => piece.trim());
    const name = said.toLowerCase();
    if (!Object.hasOwn(rules, name) || !given || rest.length > 0 || values.has(name)) {
      throw new UserError(
        `${option} "${text}": "${part.trim()}" can't be read; accepted is one value for all, or ${byRule}, ` +
          `with each of the rules ${Object.keys(rules).join(', ')} at most once. Separate the rules with commas.`,
      );
    }
    values.set(name, given);
  }
  const idle = [...values.keys()].find((name) => !(chosen as readonly string[]).includes(name));
  if (idle !== undefined) {
    throw new UserError(
      `${option} "${text}": ${idle} is not among the rules that are trained, which are ${chosen.join(', ')}. ` +
        `Leave "${idle}=" out, or say --rules ${[...chosen, idle].join(',')}.`,
    );
  }
  return values.get(rule);
}
