/** How runs differ, in words: for lists of runs, and for the names of groups. */
import type { Config } from '../experiment/config.js';
import { epsilonNumber } from '../words.js';

/** Fields that a list has columns of their own for, or that lead to the same images. */
const APART = ['schema', 'dataset', 'data', 'seed', 'preset', 'training'];

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
    const family = (families.get(`${config.dataset} ${config.preset}`) as Config[]).map(settingsOf);
    const own = [...settingsOf(config)].filter(([name, value]) => family.some((other) => differs(other, name, value)));
    return [...(presets ? [config.preset] : []), ...own.map(([name, value]) => `${name} ${value}`)].join(', ');
  });
}

/** A training setting of a rule that another run has no network of tells nothing: that the rules differ does. */
const differs = (other: ReadonlyMap<string, string>, name: string, value: string): boolean =>
  other.has(name) && other.get(name) !== value;

/** Every setting of a configuration, as text by its name. */
function settingsOf(config: Config): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [field, value] of Object.entries(config)) if (!APART.includes(field)) settings.set(field, textOf(value));
  const plans = Object.entries(config.training);
  settings.set('rules', plans.map(([rule]) => rule).join('+'));
  for (const field of Object.keys(plans[0]?.[1] ?? {}) as (keyof (typeof plans)[number][1])[]) {
    const values = plans.map(([rule, plan]) => [rule, textOf(plan[field])] as const);
    const same = values.every(([, value]) => value === values[0][1]);
    settings.set(field, same ? values[0][1] : values.map(([rule, value]) => `${rule}=${value}`).join(' '));
  }
  return settings;
}

function textOf(value: unknown): string {
  if (Array.isArray(value))
    return value.map((each) => (typeof each === 'number' ? epsilonNumber(each) : each)).join('+');
  if (typeof value !== 'object' || value === null) return value === null ? 'default' : `${value}`;
  const said = Object.entries(value).filter(([, each]) => each !== null);
  return said.map(([name, each]) => `${name} ${each}`).join(' ');
}
