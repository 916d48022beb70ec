import { resolve } from 'node:path';
import { paperAttacks } from '../attacks/index.js';
import { called } from '../called.js';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import type { AttackSettings } from '../experiment/attack-run.js';
import { type Config, parseConfig, type TrainingConfig } from '../experiment/config.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { defaultPreset, presetNamed, presetsOf, quick, trainingOf } from '../experiment/presets.js';
import { chooseEpsilons } from '../report/epsilon-text.js';
import { paperRules, type RuleName } from '../rules/index.js';
import { keysOf } from '../schema.js';
import { valueForRule } from './by-rule.js';
import { type OptionValue, read, values } from './values.js';

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
    throw new UserError(`--config is for ${base.dataset}: run it with \`${called(`${base.dataset} --config …`)}\`.`);
  }
  if (base && options.preset !== undefined) {
    throw new UserError(`--preset and --config both say what the defaults are: give one of them.`);
  }
  const whole = base ?? presetConfig(dataset, options.preset?.toLowerCase() ?? defaultPreset(dataset), backend);
  const start = options.quick ? madeSmall({ ...whole, data: options.data ?? whole.data }) : whole;
  const chosen = read(values.rules, options.rules) ?? keysOf(start.training);
  const training = Object.fromEntries(chosen.map((rule) => [rule, trainingFor(rule, chosen, start, options)]));
  return parseConfig(
    {
      ...start,
      data: folder('--data', options.data ?? start.data),
      seed: read(values.seed, options.seed) ?? start.seed,
      trainSize: read(values.trainSize, options.trainSize) ?? start.trainSize,
      testSize: read(values.testSize, options.testSize) ?? start.testSize,
      model: read(values.model, options.model) ?? start.model,
      activation: read(values.activation, options.activation) ?? start.activation,
      initializer: read(values.initializer, options.initializer) ?? start.initializer,
      training,
      ...attackSettings(start, options),
      backend: read(values.backend, options.backend) ?? start.backend,
    },
    'The combination of options',
  );
}

/**
 * How networks are attacked: as a configuration says, but for what was said otherwise.
 *
 * @throws {UserError} if a value is not accepted
 */
export function attackSettings(start: Config, options: AttackSettingOptions): AttackSettings {
  const { attackOptions } = start;
  return {
    attacks: read(values.attacks, options.attacks) ?? start.attacks,
    epsilons: read(values.epsilons, options.epsilons) ?? start.epsilons,
    paths: read(values.paths, options.path) ?? start.paths,
    loss: read(values.loss, options.loss) ?? start.loss,
    attackOptions: {
      iterations: read(values.iterations, options.iterations) ?? attackOptions.iterations,
      stepSize: read(values.stepSize, options.stepSize) ?? attackOptions.stepSize,
      momentum: read(values.momentum, options.momentum) ?? attackOptions.momentum,
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
  const said = <Value>(option: OptionValue<Value>, text: string | undefined) =>
    read(option, valueForRule(option.flag, text, rule, chosen));
  return {
    ...plan,
    optimizer: said(values.optimizer, options.optimizer) ?? plan.optimizer,
    learningRate: said(values.lr, options.lr) ?? plan.learningRate,
    decay: said(values.schedule, options.schedule) ?? plan.decay,
    warmupEpochs: said(values.warmup, options.warmup) ?? plan.warmupEpochs,
    epochs: said(values.epochs, options.epochs) ?? plan.epochs,
    batchSize: said(values.batchSize, options.batchSize) ?? plan.batchSize,
    augment: options.augment ?? plan.augment,
    momentum: said(values.sgdMomentum, options.sgdMomentum) ?? plan.momentum,
    weightDecay: said(values.weightDecay, options.weightDecay) ?? plan.weightDecay,
    decoupledDecay: said(values.decoupledDecay, options.decoupledDecay) ?? plan.decoupledDecay,
  };
}

/** How the configuration's preset, or the data set's default where that is gone, trains a rule that it lists no plan for. */
function unlistedPlan(rule: RuleName, { dataset, preset }: Config, isQuick: boolean): TrainingConfig {
  const name = Object.hasOwn(presetsOf(dataset), preset) ? preset : defaultPreset(dataset);
  const plan = trainingOf(presetNamed(dataset, name), rule);
  return isQuick ? short(plan) : plan;
}

/** A folder by its whole path, which means the same wherever it is read; null where the data set's usual source is meant. */
function folder(option: string, path: string | null): string | null {
  if (path === '') throw new UserError(`${option} "": the path of a folder is expected.`);
  return path === null ? null : resolve(path);
}
