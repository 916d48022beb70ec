/** How the command line reads what stands behind an option: in one form, within one range, declared here once. */
import { attacks } from '../attacks/index.js';
import { called } from '../called.js';
import { boundsText, isWithin } from '../check.js';
import { type DatasetName, datasetNamed, datasetNames } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { type Range, ranges } from '../experiment/ranges.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { initializers } from '../models/initialize.js';
import { activations } from '../models/lenet.js';
import { rules } from '../rules/index.js';
import { type GradientPath, gradientPaths } from '../rules/path.js';
import { backends } from '../tensor/kernels.js';
import { optimizers } from '../training/optimizers.js';
import { decays } from '../training/schedule.js';
import { decimalNumber, wholeNumber } from '../words.js';
import { parseSeeds } from './seeds.js';

/** An option with a value. */
export interface OptionValue<Value> {
  /** As the help shows it: `--batch-size <n>`. */
  readonly flags: string;
  /** As messages call it: `--batch-size`. */
  readonly flag: string;
  /** Whether the text is a list, whose commas are its own. */
  readonly list?: true;
  /** Of a number, or of each number of a list. */
  readonly range?: Range;
  /** @throws {UserError} which says what was given, what is accepted and what to do */
  read(text: string): Value;
}

/** What an option's text says; undefined where nothing was said. */
export const read = <Value>(option: OptionValue<Value>, text: string | undefined): Value | undefined =>
  text === undefined ? undefined : option.read(text);

const flagOf = (flags: string): string => flags.replace(/^.*(--[\w-]+) .*$/, '$1');

/** @param hint the end of the message, where one more way out is worth telling */
function number(flags: string, range: Range, hint: (text: string) => string = () => ''): OptionValue<number> {
  const flag = flagOf(flags);
  const kind = range.whole ? 'whole number' : 'number';
  return {
    ...{ flags, flag, range },
    read(text) {
      const value = (range.whole ? wholeNumber : decimalNumber)(text);
      if (value !== undefined && isWithin(value, range)) return value;
      const most = range.whole && /^\d{16,}$/.test(text) ? { to: Number.MAX_SAFE_INTEGER } : {};
      const accepted = boundsText({ ...most, ...range }, kind);
      throw new UserError(`${flag} "${text}": must be a ${accepted}. Try ${flag} ${range.example}.${hint(text)}`);
    },
  };
}

/** A number for each channel, as `0.49,0.48,0.45`. */
function perChannel(flags: string, range: Range): OptionValue<number[]> {
  const flag = flagOf(flags);
  return {
    ...{ flags, flag, range, list: true },
    read: (text) =>
      text.split(',').map((part) => {
        const value = decimalNumber(part.trim());
        if (value !== undefined && isWithin(value, range)) return value;
        const accepted = `a ${boundsText(range, 'number')} for each channel`;
        throw new UserError(`${flag} "${text}": must be ${accepted}. Try ${flag} ${range.example}.`);
      }),
  };
}

/** L∞ radii, as {@link parseEpsilons} reads them. */
function radii(flags: string, range: Range): OptionValue<number[]> {
  const flag = flagOf(flags);
  return {
    ...{ flags, flag, range, list: true },
    read(text) {
      const epsilons = parseEpsilons(text, flag);
      if (epsilons.some((epsilon) => isWithin(epsilon, range))) return epsilons;
      throw new UserError(
        `${flag} "${text}": must be numbers ${boundsText(range, '').trim()}. Try ${flag} ${range.example}.`,
      );
    },
  };
}

/** One radius, as `0.2` or `8/255`. */
function radius(flags: string): OptionValue<number> {
  const { flag, read: readAll } = radii(flags, ranges.epsilon);
  return {
    ...{ flags, flag, range: ranges.epsilon },
    read(text) {
      const [epsilon, ...others] = readAll(text);
      if (others.length === 0) return epsilon;
      throw new UserError(`${flag} "${text}": must be one number from 0 to 1. Try ${flag} ${epsilon}.`);
    },
  };
}

/** The name that is meant, in any case; undefined if there is no such name. */
type Named<Name extends string> = (text: string) => Name | undefined;

const among =
  <Name extends string>(known: readonly Name[]): Named<Name> =>
  (text) =>
    known.find((name) => name.toLowerCase() === text.toLowerCase());

/** One of the names that `known` lists, or another that `named` understands. */
function oneOf<Name extends string>(
  flags: string,
  known: readonly Name[],
  named: Named<Name> = among(known),
): OptionValue<Name> {
  const flag = flagOf(flags);
  return {
    ...{ flags, flag },
    read: (text) => named(text.trim()) ?? refuseName(`${flag} "${text}"`, text, known, `${flag} `),
  };
}

/** Several of them, with commas between. */
function someOf<Name extends string>(
  flags: string,
  known: readonly Name[],
  named: Named<Name> = among(known),
): OptionValue<Name[]> {
  const flag = flagOf(flags);
  return {
    ...{ flags, flag, list: true },
    read: (text) =>
      text.split(',').map((part) => {
        const name = part.trim();
        return named(name) ?? refuseName(`${flag} "${text}": "${name}"`, name, known, `${flag} `);
      }),
  };
}

/** @throws {UserError} if the text is no data set's name */
export const datasetCalled = (text: string): DatasetName =>
  datasetNamed(text.trim()) ?? refuseName(`data set "${text.trim()}"`, text, datasetNames, '');

function refuseName(subject: string, text: string, known: readonly string[], before: string): never {
  const likely = nearest(text, known);
  throw new UserError(`${subject} is not known; accepted are ${known.join(', ')}. Try ${before}${likely}.`);
}

/** The word that the fewest changes of single letters make of the text. */
export const nearest = (text: string, words: readonly string[]): string =>
  [...words].sort((a, b) => changes(text.toLowerCase(), a) - changes(text.toLowerCase(), b))[0];

/** Levenshtein's distance; of long texts, that of their beginnings. */
function changes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...from.slice(0, 40)].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(row[j] + Number(letter !== to[j]), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[to.length];
}

const keys = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];
const pathNamed: Named<GradientPath> = (text) => among(gradientPaths)(text.toLowerCase() === 'exact' ? 'true' : text);
const severalSeeds = (text: string) =>
  /[,.]/.test(text) ? ` For several seeds: \`${called('sweep mnist --seeds 1..5')}\`.` : '';

const MOST_JOBS = 1024;
const MOST_PORT = 65_535;

/** Every option of every command whose value is a number, a name or a list of these. */
export const values = {
  seed: number('--seed <n>', ranges.seed, severalSeeds),
  seeds: { flags: '--seeds <list>', flag: '--seeds', list: true, range: ranges.seed, read: parseSeeds },
  rules: someOf('--rules <list>', keys(rules)),
  epochs: number('--epochs <n>', ranges.epochs),
  batchSize: number('--batch-size <n>', ranges.batchSize),
  lr: number('--lr <x>', ranges.learningRate),
  optimizer: oneOf('--optimizer <name>', keys(optimizers)),
  schedule: oneOf('--schedule <name>', keys(decays)),
  warmup: number('--warmup <x>', ranges.warmupEpochs),
  sgdMomentum: number('--sgd-momentum <x>', ranges.sgdMomentum),
  weightDecay: number('--weight-decay <x>', ranges.weightDecay),
  decoupledDecay: number('--decoupled-decay <x>', ranges.decoupledDecay),
  model: oneOf('--model <name>', keys(models)),
  activation: oneOf('--activation <name>', keys(activations)),
  initializer: oneOf('--initializer <name>', keys(initializers)),
  backend: oneOf('--backend <name>', backends),
  trainSize: number('--train-size <n>', ranges.trainSize),
  testSize: number('--test-size <n>', ranges.testSize),

  attacks: someOf('--attacks <list>', keys(attacks)),
  attack: oneOf('--attack <name>', keys(attacks)),
  epsilons: radii('--epsilons <list>', ranges.epsilon),
  epsilon: radius('--epsilon <x>'),
  paths: someOf('--path <list>', gradientPaths, pathNamed),
  path: oneOf('--path <name>', gradientPaths, pathNamed),
  loss: oneOf('--loss <name>', keys(losses)),
  iterations: number('--iterations <n>', ranges.iterations),
  stepSize: number('--step-size <x>', ranges.stepSize),
  momentum: number('--momentum <x>', ranges.attackMomentum),
  images: number('--images <n>', ranges.images),

  auditEpsilons: radii('--epsilons <list>', { above: 0, to: 1, example: 0.1 }),
  restarts: number('--restarts <n>', ranges.restarts),
  queries: number('--queries <n>', ranges.queries),
  spsaImages: number('--spsa-images <n>', ranges.spsaImages),
  spsaIterations: number('--spsa-iterations <n>', ranges.spsaIterations),
  targets: number('--targets <n>', ranges.targets),
  dataset: oneOf('--dataset <name>', datasetNames, datasetNamed),
  rule: oneOf('--rule <name>', keys(rules)),
  mean: perChannel('--mean <list>', { from: 0, example: 0.1307 }),
  std: perChannel('--std <list>', { above: 0, example: 0.3081 }),

  to: someOf('--to <list>', ['onnx', 'npz']),
  image: number('--image <n>', { whole: true, from: 0, example: 0 }),
  port: number('--port <n>', { whole: true, from: 0, to: MOST_PORT, example: 8033 }),
  jobs: number('--jobs <n>', { whole: true, from: 1, to: MOST_JOBS, example: 2 }),
  workers: number('--workers <n>', ranges.workers),
} as const;
