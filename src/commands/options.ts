import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { attacks, paperAttacks } from '../attacks/index.js';
import { MOST_WORKERS } from '../crew/crew.js';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { type Config, parseConfig, type TrainingConfig } from '../experiment/config.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { defaultPreset, presetNamed, presetsOf, quick, trainingOf } from '../experiment/presets.js';
import { chooseEpsilons } from '../report/epsilon-text.js';
import { paperRules, type RuleName, rules } from '../rules/index.js';
import { type GradientPath, gradientPaths } from '../rules/path.js';
import { keysOf } from '../schema.js';
import { decimalNumber, wholeNumber } from '../words.js';
import { valueForRule } from './by-rule.js';

/** How networks are to be attacked, as it was written. */
export interface AttackSettingOptions {
  readonly attacks?: string;
  readonly epsilons?: string;
  readonly path?: string;
  readonly loss?: string;
  readonly iterations?: string;
  readonly momentum?: string;
  readonly stepSize?: string;
  readonly project?: boolean;
  readonly clip?: boolean;
}

/** What a person may say on the command line; undefined where they said nothing. Numbers are text until checked here. */
export interface ConfigOptions extends AttackSettingOptions {
  readonly preset?: string;
  readonly rules?: string;
  readonly epochs?: string;
  readonly batchSize?: string;
  readonly lr?: string;
  readonly optimizer?: string;
  readonly schedule?: string;
  readonly warmup?: string;
  readonly sgdMomentum?: string;
  readonly weightDecay?: string;
  readonly decoupledDecay?: string;
  readonly augment?: boolean;
  readonly model?: string;
  readonly activation?: string;
  readonly initializer?: string;
  readonly trainSize?: string;
  readonly testSize?: string;
  readonly seed?: string;
  readonly data?: string;
  readonly backend?: string;
  readonly quick?: boolean;
}

/**
 * The configuration that options ask for: a preset (or `base`, the contents of --config), made small by --quick,
 * then whatever was said explicitly.
 *
 * @throws {UserError} if a value can't be read or is not accepted.
 */
export function configFrom(dataset: DatasetName, options: ConfigOptions, backend: string, base?: Config): Config {
  if (base && base.dataset !== dataset) {
    throw new UserError(`--config is for ${base.dataset}: run it with \`npm start -- ${base.dataset} --config …\`.`);
  }
  if (base && options.preset !== undefined) {
    throw new UserError(`--preset and --config both say what the defaults are: give one of them.`);
  }
  const whole = base ?? presetConfig(dataset, options.preset ?? defaultPreset(dataset), backend);
  const start = options.quick ? madeSmall({ ...whole, data: options.data ?? whole.data }) : whole;
  const chosen = names('--rules', options.rules, keysOf(rules)) ?? keysOf(start.training);
  const training = Object.fromEntries(chosen.map((rule) => [rule, trainingFor(rule, chosen, start, options)]));
  return parseConfig(
    {
      ...start,
      data: folder('--data', options.data ?? start.data),
      seed: seedOption(options.seed) ?? start.seed,
      trainSize: integer('--train-size', options.trainSize) ?? start.trainSize,
      testSize: integer('--test-size', options.testSize) ?? start.testSize,
      model: options.model ?? start.model,
      activation: options.activation ?? start.activation,
      initializer: options.initializer ?? start.initializer,
      training,
      ...attackSettings(start, options),
      backend: options.backend ?? start.backend,
    },
    'The combination of options',
  );
}

/**
 * How networks are attacked: as a configuration says, but for what was said otherwise.
 *
 * @throws {UserError} if a value can't be read; what is accepted of it {@link parseConfig} knows
 */
export function attackSettings(start: Config, options: AttackSettingOptions) {
  const { attackOptions } = start;
  return {
    attacks: names('--attacks', options.attacks, keysOf(attacks)) ?? start.attacks,
    epsilons: options.epsilons === undefined ? start.epsilons : parseEpsilons(options.epsilons),
    paths: names('--path', options.path, gradientPaths) ?? start.paths,
    loss: options.loss ?? start.loss,
    attackOptions: {
      iterations: integer('--iterations', options.iterations) ?? attackOptions.iterations,
      stepSize: decimal('--step-size', options.stepSize) ?? attackOptions.stepSize,
      momentum: decimal('--momentum', options.momentum) ?? attackOptions.momentum,
      project: options.project === false ? false : attackOptions.project,
      clip: options.clip === false ? false : attackOptions.clip,
    },
  };
}

/** The default folder of a run: `out/mnist-1`, with a word more for any but the default job. */
export function defaultFolder(config: Config, isQuick: boolean): string {
  const words = [config.dataset, `${config.seed}`];
  if (config.preset !== defaultPreset(config.dataset)) words.push(config.preset);
  if (isQuick) words.push('quick');
  return `out/${words.join('-')}`;
}

function presetConfig(dataset: DatasetName, name: string, backend: string): Config {
  const preset = presetNamed(dataset, name);
  return {
    schema: 1,
    dataset,
    data: null,
    preset: name,
    seed: 1,
    trainSize: null,
    testSize: null,
    model: preset.model ?? 'lenet5',
    activation: preset.activation ?? 'relu',
    initializer: preset.initializer,
    training: Object.fromEntries(paperRules.map((rule) => [rule, trainingOf(preset, rule)])),
    attacks: [...paperAttacks],
    epsilons: parseEpsilons('0:1:0.1'),
    paths: ['feedback'],
    loss: 'cross-entropy',
    attackOptions: { iterations: null, stepSize: null, momentum: null, project: true, clip: true },
    backend: backend as Config['backend'],
  };
}

/**
 * The same job on fewer images, for fewer epochs, at fewer epsilons. What is smaller already stays as it is, and of data
 * of one's own, which may be few, all are taken.
 */
function madeSmall(config: Config): Config {
  const { epsilons, training } = config;
  const shortened = keysOf(training).map((rule) => [rule, short(training[rule] as TrainingConfig)]);
  const usual = quick.epsilons.every((epsilon) => epsilons.includes(epsilon));
  return {
    ...config,
    ...(config.data === null && fewImages(config)),
    training: Object.fromEntries(shortened),
    epsilons: usual ? [...quick.epsilons] : chooseEpsilons(epsilons, quick.epsilons.length),
  };
}

const fewImages = ({ trainSize, testSize }: Config) => ({
  trainSize: Math.min(trainSize ?? quick.trainSize, quick.trainSize),
  testSize: Math.min(testSize ?? quick.testSize, quick.testSize),
});

const short = (plan: TrainingConfig): TrainingConfig => ({ ...plan, epochs: Math.min(plan.epochs, quick.epochs) });

/** How a rule's network is trained: as the configuration says, else its preset; then as was said for this rule. */
function trainingFor(rule: RuleName, chosen: readonly RuleName[], start: Config, options: ConfigOptions): unknown {
  const plan = start.training[rule] ?? unlistedPlan(rule, start, options.quick ?? false);
  const said = (option: string, text: string | undefined) => valueForRule(option, text, rule, chosen);
  return {
    ...plan,
    optimizer: said('--optimizer', options.optimizer) ?? plan.optimizer,
    learningRate: decimal('--lr', said('--lr', options.lr)) ?? plan.learningRate,
    decay: said('--schedule', options.schedule) ?? plan.decay,
    warmupEpochs: decimal('--warmup', said('--warmup', options.warmup)) ?? plan.warmupEpochs,
    epochs: integer('--epochs', said('--epochs', options.epochs)) ?? plan.epochs,
    batchSize: integer('--batch-size', said('--batch-size', options.batchSize)) ?? plan.batchSize,
    augment: options.augment ?? plan.augment,
    momentum: decimal('--sgd-momentum', said('--sgd-momentum', options.sgdMomentum)) ?? plan.momentum,
    weightDecay: decimal('--weight-decay', said('--weight-decay', options.weightDecay)) ?? plan.weightDecay,
    decoupledDecay:
      decimal('--decoupled-decay', said('--decoupled-decay', options.decoupledDecay)) ?? plan.decoupledDecay,
  };
}

/** How the configuration's preset, or the data set's default where that is gone, trains a rule that it lists no plan for. */
function unlistedPlan(rule: RuleName, { dataset, preset }: Config, isQuick: boolean): TrainingConfig {
  const name = Object.hasOwn(presetsOf(dataset), preset) ? preset : defaultPreset(dataset);
  const plan = trainingOf(presetNamed(dataset, name), rule);
  return isQuick ? short(plan) : plan;
}

/** A comma-separated choice among the known names. */
export function names<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] | undefined {
  const asked = text?.split(',').map((name) => name.trim());
  const unknown = asked?.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UserError(`${option} "${text}": "${unknown}" is not known; accepted are ${known.join(', ')}.`);
  }
  return asked as Name[] | undefined;
}

/** A folder by its whole path, which means the same wherever it is read; null where the data set's usual source is meant. */
function folder(option: string, path: string | null): string | null {
  if (path === '') throw new UserError(`${option} "": the path of a folder is expected.`);
  return path === null ? null : resolve(path);
}

/** How many worker threads: as many as there are cores, unless said otherwise. */
export function workerCount(text: string | undefined): number {
  const cores = availableParallelism();
  const workers = integer('--workers', text) ?? cores;
  if (workers < 1 || workers > MOST_WORKERS) {
    throw new UserError(`--workers ${workers}: 1 to ${MOST_WORKERS} are accepted; the cores here are ${cores}.`);
  }
  return workers;
}

/** @throws {UserError} if the text is not as {@link wholeNumber} reads it. */
export function integer(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const expected = `a whole number from 0 to ${Number.MAX_SAFE_INTEGER} is expected, such as 10`;
  return wholeNumber(text) ?? refuse(option, text, expected);
}

/** A seed, 32 bits. @throws {UserError} if the text is none */
export function seedOption(text: string | undefined): number | undefined {
  const seed = integer('--seed', text);
  if (seed === undefined || seed <= 0xffffffff) return seed;
  throw new UserError(`--seed ${text}: a whole number from 0 to ${0xffffffff} is expected.`);
}

/** @throws {UserError} if the text is not as {@link decimalNumber} reads it. */
export function decimal(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return decimalNumber(text) ?? refuse(option, text, 'a number is expected, such as 10, 0.05 or 5e-2');
}

function refuse(option: string, text: string, expected: string): never {
  throw new UserError(`${option} "${text}": ${expected}.`);
}

/** One name of a table. */
export function choice<Table extends object>(
  option: string,
  text: string | undefined,
  table: Table,
): (keyof Table & string) | undefined {
  if (text === undefined) return undefined;
  if (!Object.hasOwn(table, text)) {
    throw new UserError(`${option} "${text}" is not known; accepted are ${Object.keys(table).join(', ')}.`);
  }
  return text as keyof Table & string;
}

const paths = Object.fromEntries(gradientPaths.map((path) => [path, true])) as Record<GradientPath, true>;

/** One gradient's path. @throws {UserError} as {@link choice} does */
export const pathOption = (text: string | undefined): GradientPath | undefined => choice('--path', text, paths);
