import { availableParallelism } from 'node:os';
import { attacks, paperAttacks } from '../attacks/index.js';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { type Config, parseConfig, type TrainingConfig } from '../experiment/config.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { presets, quick } from '../experiment/presets.js';
import { type RuleName, rules } from '../rules/index.js';
import { gradientPaths } from '../rules/path.js';

/** What a person may say on the command line; undefined where they said nothing. Numbers are text until checked here. */
export interface ConfigOptions {
  readonly preset?: string;
  readonly rules?: string;
  readonly attacks?: string;
  readonly epsilons?: string;
  readonly path?: string;
  readonly loss?: string;
  readonly iterations?: string;
  readonly momentum?: string;
  readonly stepSize?: string;
  readonly project?: boolean;
  readonly clip?: boolean;
  readonly epochs?: string;
  readonly batchSize?: string;
  readonly lr?: string;
  readonly optimizer?: string;
  readonly schedule?: string;
  readonly warmup?: string;
  readonly sgdMomentum?: string;
  readonly weightDecay?: string;
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
  const start = base ?? presetConfig(dataset, options.preset ?? 'paper', options.quick ?? false, backend);
  const chosen = names('--rules', options.rules, keysOf(rules)) ?? keysOf(start.training);
  const training = Object.fromEntries(chosen.map((rule) => [rule, trainingFor(rule, start, options)]));
  const { attackOptions } = start;
  return parseConfig(
    {
      ...start,
      data: options.data ?? start.data,
      seed: integer('--seed', options.seed) ?? start.seed,
      trainSize: integer('--train-size', options.trainSize) ?? start.trainSize,
      testSize: integer('--test-size', options.testSize) ?? start.testSize,
      model: options.model ?? start.model,
      activation: options.activation ?? start.activation,
      initializer: options.initializer ?? start.initializer,
      training,
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
      backend: options.backend ?? start.backend,
    },
    'The combination of options',
  );
}

/** The default folder of a run: `out/mnist-1`, with a word more for any but the default job. */
export function defaultFolder(config: Config, isQuick: boolean): string {
  const words = [config.dataset, `${config.seed}`];
  if (config.preset !== 'paper') words.push(config.preset);
  if (isQuick) words.push('quick');
  return `out/${words.join('-')}`;
}

function presetConfig(dataset: DatasetName, name: string, isQuick: boolean, backend: string): Config {
  const choices = presets[dataset];
  if (!Object.hasOwn(choices, name)) {
    throw new UserError(
      `--preset "${name}" is not known for ${dataset}; accepted are ${Object.keys(choices).join(', ')}.`,
    );
  }
  const { initializer, training, model = 'lenet5' } = choices[name];
  const shortened = (plan: TrainingConfig) => (isQuick ? { ...plan, epochs: quick.epochs } : plan);
  return {
    schema: 1,
    dataset,
    data: null,
    preset: name,
    seed: 1,
    trainSize: isQuick ? quick.trainSize : null,
    testSize: isQuick ? quick.testSize : null,
    model,
    activation: 'relu',
    initializer,
    training: { bp: shortened(training.bp), fa: shortened(training.fa) },
    attacks: [...paperAttacks],
    epsilons: isQuick ? [...quick.epsilons] : parseEpsilons('0:1:0.1'),
    paths: ['feedback'],
    loss: 'cross-entropy',
    attackOptions: { iterations: null, stepSize: null, momentum: null, project: true, clip: true },
    backend: backend as Config['backend'],
  };
}

function trainingFor(rule: RuleName, start: Config, options: ConfigOptions): unknown {
  const plan = start.training[rule] ?? presets[start.dataset].paper.training[rule];
  const said = (option: string, text: string | undefined) => valueForRule(option, text, rule);
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
  };
}

/** `0.01` for every rule, or `bp=0.001,fa=0.01`; undefined where the text says nothing for this rule. */
function valueForRule(option: string, text: string | undefined, rule: RuleName): string | undefined {
  if (text === undefined || !text.includes('=')) return text;
  let value: string | undefined;
  for (const part of text.split(',')) {
    const [name, given, ...rest] = part.split('=').map((piece) => piece.trim());
    if (!Object.hasOwn(rules, name) || !given || rest.length > 0) {
      throw new UserError(
        `${option} "${text}": "${part}" can't be read; accepted is one value for all, or ${Object.keys(rules)
          .map((each) => `${each}=VALUE`)
          .join(',')}.`,
      );
    }
    if (name === rule) value = given;
  }
  return value;
}

const keysOf = <Name extends string>(table: Readonly<Partial<Record<Name, unknown>>>) => Object.keys(table) as Name[];

/** A comma-separated choice among the known names, each once, in their order. */
function names<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): Name[] | undefined {
  if (text === undefined) return undefined;
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new UserError(`${option} "${text}": "${unknown}" is not known; accepted are ${known.join(', ')}.`);
  }
  return known.filter((name) => asked.includes(name));
}

const MOST_WORKERS = 1024;

/** How many worker threads: as many as there are cores, unless said otherwise. */
export function workerCount(text: string | undefined): number {
  const cores = availableParallelism();
  const workers = integer('--workers', text) ?? cores;
  if (workers < 1 || workers > MOST_WORKERS) {
    throw new UserError(`--workers ${workers}: 1 to ${MOST_WORKERS} are accepted; the cores here are ${cores}.`);
  }
  return workers;
}

/** A whole number of 0 or more. */
export function integer(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text.trim())) throw new UserError(`${option} "${text}": a whole number of 0 or more is expected.`);
  return Number(text);
}

function decimal(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UserError(`${option} "${text}": a number is expected.`);
  return value;
}
