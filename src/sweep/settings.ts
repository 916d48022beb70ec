/** How runs differ, in words: for lists of runs, and for the names of groups. */
import type { Config, TrainingConfig } from '../experiment/config.js';
import type { RuleName } from '../rules/index.js';
import { epsilonTexts } from '../words.js';

/** Fields that a list has columns of their own for, or that lead to the same images. */
const APART = ['schema', 'dataset', 'data', 'seed', 'preset', 'training'];

/** What the command line calls a field by another name than config.json. */
const OPTIONS: Readonly<Record<string, string>> = {
  learningRate: 'lr',
  decay: 'schedule',
  warmupEpochs: 'warmup',
  batchSize: 'batch size',
  momentum: "SGD's momentum",
  weightDecay: 'weight decay',
  decoupledDecay: 'decoupled decay',
  trainSize: 'train size',
  testSize: 'test size',
  attackOptions: 'attacks with',
};

/**
 * What tells each configuration from the others, but for data set and seed: `tuned, lr 0.01`; empty where nothing does.
 * A preset stands for all that it decides: other settings are told where they differ between runs of one preset.
 */
export function distinctions(configs: readonly Config[]): string[] {
  const families = new Map<string, Config[]>();
  for (const config of configs) {
    const key = `${config.dataset} ${config.preset}`;
    families.set(key, [...(families.get(key) ?? []), config]);
  }
  const presets = new Set(configs.map(({ preset }) => preset)).size > 1;
  return configs.map((config) => {
    const family = families.get(`${config.dataset} ${config.preset}`) as Config[];
    const own = [...settingsOf(config, family), ...trainingOf(config, family)];
    return [...(presets ? [config.preset] : []), ...own].join(', ');
  });
}

/** The settings of the whole run in which another one differs. */
function settingsOf(config: Config, family: readonly Config[]): string[] {
  const rules = ({ training }: Config) => Object.keys(training).join('+');
  const fields = (Object.keys(config) as (keyof Config)[]).filter((field) => !APART.includes(field));
  const told = fields.flatMap((field) => {
    const text = textOf(config[field]);
    return family.some((other) => textOf(other[field]) !== text) ? [settingText(field, text)] : [];
  });
  return family.some((other) => rules(other) !== rules(config)) ? [`rules ${rules(config)}`, ...told] : told;
}

/** The settings of training in which another run differs, of a rule that both have. */
function trainingOf({ training }: Config, family: readonly Config[]): string[] {
  const plans = Object.entries(training) as [RuleName, TrainingConfig][];
  const fields = Object.keys(plans[0]?.[1] ?? {}) as (keyof TrainingConfig)[];
  return fields.flatMap((field) => {
    const differs = plans.some(([rule, plan]) =>
      family.some(({ training: other }) => other[rule] !== undefined && other[rule][field] !== plan[field]),
    );
    if (!differs) return [];
    const values = plans.map(([, plan]) => textOf(plan[field]));
    const same = values.every((value) => value === values[0]);
    return [settingText(field, same ? values[0] : plans.map(([rule], index) => `${rule}=${values[index]}`).join(' '))];
  });
}

const settingText = (field: string, value: string): string => `${OPTIONS[field] ?? field} ${value}`;

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    const epsilon = epsilonTexts(value.filter((each) => typeof each === 'number'));
    return value.map((each) => (typeof each === 'number' ? epsilon(each) : each)).join('+');
  }
  if (typeof value !== 'object' || value === null) return value === null ? 'default' : `${value}`;
  const said = Object.entries(value).filter(([, each]) => each !== null);
  return said.map(([name, each]) => `${name} ${each}`).join(' ');
}
