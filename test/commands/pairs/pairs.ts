/* Calls a command with its options, and returns what went wrong. */
import type { RandomStream } from '../../../src/tensor/random.js';
import { call, filesIn, program, tornIn } from './calls.js';
import { type Factor, Pairs } from './cover.js';
import { type Kind, kinds, type makeKinds, type Usage, usages } from './kinds.js';
import { argumentOf, type Given, oddValues, valuesOf } from './values.js';

type Made = Awaited<ReturnType<typeof makeKinds>>;

/** A command and the kind of run that it is applied to. */
export interface Subject {
  readonly name: string;
  readonly command: string;
  readonly usage: Usage;
  readonly kind: Kind;
}

/** Every command on every kind of run that it can be applied to. */
export const subjects: readonly Subject[] = Object.entries(usages).flatMap(([name, usage]) => {
  if (typeof usage === 'string') return [];
  const { command = name, reads } = usage;
  return reads
    ? kinds.map((kind) => ({ name: `${name}, ${kind.name}`, command, usage, kind }))
    : [{ name, command, usage, kind: kinds[0] }];
});

/** Returns the options of a subject's command, with test values. */
export function factorsOf({ command, usage, kind }: Subject): Factor[] {
  const found = program.commands.find((each) => each.name() === command);
  const { data = usage.reads ? undefined : 'two' } = kind.settings;
  return (found?.options ?? []).flatMap((option) => {
    const flag = option.long as string;
    if (option.hidden || usage.without?.[flag] !== undefined || usage.always?.includes(flag)) return [];
    if (!option.required && !option.optional) return [{ flag, values: [], named: false }];
    if (flag === '--data' && data === undefined) return [];
    const { values, named } = valuesOf(option, `../${data}`);
    return [{ flag, values, named: named && !usage.loose?.includes(flag) }];
  });
}

/**
 * Calls the command once.
 *
 * @returns whether the command refused the options; and the failure's description, empty if all is well
 */
async function attempt({ command, usage, kind }: Subject, given: readonly Given[], made: Made) {
  const work = made.copy(kind);
  const before = filesIn(work);
  const idle = given.flatMap(({ flag }) => [flag, ...(usage.unless?.[flag] ?? [])]);
  const base = Object.entries(usage.small).map(([flag, value]) => ({ flag, value }));
  const always = (usage.always ?? []).map((flag) => ({ flag }));
  const said = [...always, ...base].filter(({ flag }) => !idle.includes(flag));
  const args = [command, ...usage.arguments, ...[...said, ...given].map(argumentOf)];
  const { code, output } = await call(args);
  const wrong: string[] = [];
  if (code === undefined) wrong.push('a stack trace');
  else if (code !== 0 && code !== 2) wrong.push(`exit code ${code}`);
  if (code !== undefined && /^ {4}at /m.test(output)) wrong.push('a stack trace in the output');
  const torn = tornIn(work);
  if (torn.length > 0) wrong.push(`left ${torn.join(', ')}`);
  // A training that diverges leaves its config.json and metrics.jsonl.
  if (code === 2 && !/diverge/.test(output)) {
    const after = filesIn(work);
    const changed = [...after].filter(([name, time]) => before.get(name) !== time).map(([name]) => name);
    const gone = [...before.keys()].filter((name) => !after.has(name));
    if (changed.length + gone.length > 0) wrong.push(`refused, but changed ${[...changed, ...gone].join(', ')}`);
  }
  const failure =
    wrong.length > 0 ? `${kind.name}: ${args.join(' ')}\n${wrong.join('; ')}\n${output.slice(-2000)}` : '';
  return { refused: code !== 0, failure };
}

/**
 * Calls a command until each pair of its options was in a call.
 *
 * @param most the most calls
 * @returns failures, the number of calls, and the number of pairs left
 */
export async function tryPairs(subject: Subject, made: Made, random: RandomStream, most = Number.POSITIVE_INFINITY) {
  const pairs = new Pairs(factorsOf(subject), random);
  const failures: string[] = [];
  let calls = 0;
  for (; calls < most && (pairs.left > 0 || calls === 0); calls++) {
    const { refused, failure } = await attempt(subject, pairs.next(), made);
    pairs.tried(refused);
    if (failure) failures.push(failure);
  }
  return { failures, calls, left: pairs.left };
}

/**
 * Calls a command with values that its options don't expect.
 *
 * @param most the most values for each option, which gets other values than the option before it
 * @returns failures
 */
export async function tryOddValues(subject: Subject, made: Made, most: number = oddValues.length): Promise<string[]> {
  const failures: string[] = [];
  for (const [i, { flag, values }] of factorsOf(subject).entries()) {
    if (values.length === 0) continue;
    for (let v = 0; v < most; v++) {
      const value = oddValues[(i * most + v) % oddValues.length];
      const { failure } = await attempt(subject, [{ flag, value }], made);
      if (failure) failures.push(failure);
    }
  }
  return failures;
}
