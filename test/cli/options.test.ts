/* Every option of every command, as commander holds them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { test } from 'tap';
import { ValueOption } from '../../src/cli/option.js';
import { createProgram, inLowerCase } from '../../src/cli/program.js';
import { type OptionValue, values } from '../../src/commands/values.js';
import { UserError } from '../../src/errors.js';
import { call } from '../helpers/command-line.js';

const program = createProgram();
let begun: string[] = [];

/** Every command, by the words that call it; none does anything but be noted. */
function commandsBelow(parent: Command, words: readonly string[] = []): [words: string[], command: Command][] {
  return parent.commands.flatMap((command) => {
    const own = [...words, command.name()];
    command.action(() => void begun.push(own.join(' ')));
    return [[own, command], ...commandsBelow(command, own)];
  });
}
const commands = commandsBelow(program);

/** What a command asks for, beside the option at hand. */
const required = (command: Command): string[] => [
  ...command.registeredArguments.filter((argument) => argument.required).map(() => 'x'),
  ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long as string, 'x']),
];

const parsed = async (words: readonly string[], command: Command, ...args: string[]): Promise<string[]> => {
  begun = [];
  await program.parseAsync([...words, ...required(command), ...args], { from: 'user' });
  return begun;
};

/** What a function throws. */
function refusal(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was refused');
}

/** Texts below, at and above the range, and such as are no number at all. */
function textsOf({ range = { example: 0 } }: OptionValue<unknown>) {
  const { whole, from, above, to, below } = range;
  const lowest = from ?? above ?? 0;
  const bad = ['', 'x', 'NaN', 'Infinity', '0x10', '+1', '1_0', '5.', '1e400', `-${lowest + 1}`, `${lowest - 0.5}`];
  if (whole) bad.push('1.5', '1e1', `${lowest - 1}`, '9007199254740993');
  if (above !== undefined) bad.push(`${above}`);
  if (to !== undefined) bad.push(`${to + 1}`);
  if (below !== undefined) bad.push(`${below}`, `${below + 1}`);
  const good = [`${range.example}`, ...[from, to].flatMap((end) => (end === undefined ? [] : [`${end}`]))];
  if (above !== undefined) good.push(whole ? `${above + 1}` : '1e-9');
  return { bad, good };
}

test('every number of every command is refused outside its range, in three parts, before the command begins', async (t) => {
  let tried = 0;
  for (const [words, command] of commands) {
    for (const option of command.options) {
      if (option instanceof ValueOption ? !option.value.range : !/<[nx]>$/.test(option.flags)) continue;
      const where = `${words.join(' ')} ${option.flags}`;
      if (!(option instanceof ValueOption)) {
        t.fail(`${where}: its range is not declared`);
        continue;
      }
      tried++;
      const { flag, range } = option.value;
      const { bad, good } = textsOf(option.value);
      for (const spelling of [option.long, option.short].filter((each) => each !== undefined)) {
        for (const text of bad) {
          const error = await parsed(words, command, `${spelling}=${text}`).catch((reason) => reason);
          t.ok(error instanceof UserError, `${where} "${text}": ${error}`);
          t.ok(error.message.startsWith(`${flag} "${text}": `), `what was given: ${error.message}`);
          for (const end of [range?.from, range?.above, range?.to, range?.below]) {
            t.ok(end === undefined || error.message.includes(`${end}`), `what is accepted: ${error.message}`);
          }
          const advice = new RegExp(`Try ${flag} (\\S+)\\.(?=$| )`).exec(error.message);
          t.ok(advice, `what to do: ${error.message}`);
          t.same(begun, [], 'nothing was begun');
          if (advice)
            t.same(await parsed(words, command, `${flag}=${advice[1]}`), [words.join(' ')], 'the advice helps');
        }
        for (const text of good) {
          t.same(await parsed(words, command, `${spelling}=${text}`), [words.join(' ')], `${where} ${text}`);
        }
      }
    }
  }
  t.ok(tried > 60, `${tried} options`);
});

test('names are known in any case, and a name that is not known is told with all that are, and the nearest', async (t) => {
  let tried = 0;
  for (const [key, option] of Object.entries<OptionValue<unknown>>(values)) {
    if (option.range) continue;
    const error = refusal(() => option.read('nosuchname'));
    const [, listed, advice] = /is not known; accepted are (.*)\. Try (--\S+ \S+)\.$/.exec(error.message) ?? [];
    t.ok(listed, `${key}: ${error.message}`);
    for (const name of listed?.split(', ') ?? []) {
      t.same(option.read(name.toUpperCase()), option.read(name), `${key}: ${name}`);
      tried++;
    }
    t.ok(advice?.startsWith(option.flag));
  }
  t.ok(tried > 60, `${tried} names`);
  t.throws(() => values.attacks.read('fgsm,mi_fgsm'), /"mi_fgsm" is not known; .* Try --attacks mi-fgsm\.$/);
  t.throws(() => values.rules.read('bq'), /Try --rules bp\.$/);
  t.equal(values.path.read('Exact'), 'true');
  t.end();
});

test('a command is called in any case', async (t) => {
  t.same(inLowerCase(program, ['MNIST', '--out', 'MNIST']), ['mnist', '--out', 'MNIST']);
  t.same(inLowerCase(program, ['--help', 'Sweep', 'Status']), ['--help', 'sweep', 'Status']);
  t.same(inLowerCase(program, ['Nosuch']), ['Nosuch']);
  t.same(inLowerCase(program, []), []);
  const { code, stdout } = await call(['Mnist', '--help'], t.testdir());
  t.equal(code, 0);
  t.match(stdout, /Usage: weight-transport mnist/);
});

test('what other programs call an option is told by its name here', async (t) => {
  const told = (...args: string[]) => program.parseAsync(args, { from: 'user' }).catch((error) => error.message);
  t.match(await told('mnist', '--learning-rate', '0.1'), '--learning-rate 0.1: the name here is --lr. Try --lr 0.1.');
  t.match(await told('attack', 'x', '--eps=0.1'), '--eps 0.1: the name here is --epsilons. Try --epsilons 0.1.');
  t.match(await told('inspect', '--eps'), '--eps: the name here is --epsilon. Try --epsilon.');
  t.match(await told('audit', 'x', '--steps', '5'), 'Try --iterations 5.');
  for (const [synonym, name] of [
    ['--mu', '--momentum'],
    ['--eps-step', '--step-size'],
    ['--steps', '--iterations'],
    ['--batch', '--batch-size'],
    ['--threads', '--workers'],
  ]) {
    t.match(await told('mnist', synonym as string, '1'), `Try ${name} 1.`);
  }
  t.notMatch(
    program.commands.map((command) => command.helpInformation()).join(''),
    '--learning-rate',
    'hidden in help',
  );
});

test('several seeds for a run that has one are sent to sweep', async (t) => {
  t.throws(
    () => values.seed.read('1..5'),
    /^--seed "1\.\.5": .* For several seeds: `.* sweep mnist --seeds 1\.\.5`\.$/,
  );
  t.throws(() => values.seed.read('1,2'), /sweep mnist --seeds/);
  t.throws(() => values.seed.read('-1'), /Try --seed 1\.$/);
  t.end();
});

test('a refused value is exit code 2, in every command, and nothing is written', async (t) => {
  const cwd = t.testdir({});
  for (const args of [
    ['mnist', '--lr', '-0.1'],
    ['attack', 'nowhere', '--iterations', '0'],
    ['audit', 'nowhere', '--images', '0'],
    ['export', 'nowhere', '--epsilon', '1.5'],
    ['sweep', 'mnist', '--lr', '0.1,0'],
    ['work', '--redis', 'redis://nowhere', '--jobs', '0'],
    ['lab', '--port', '65536'],
  ]) {
    const { code, stdout, stderr } = await call(args, cwd);
    t.equal(code, 2, args.join(' '));
    t.match(stderr, new RegExp(`^${args.at(-2)} "`));
    t.equal(stdout, '');
  }
  t.notOk(existsSync(join(cwd, 'out')));
});
