/** What `npm start -- sweep` makes of its options, or of a plan's file: a configuration for every combination. */
import { z } from 'zod';
import type { DatasetName } from '../datasets/index.js';
import { UserError } from '../errors.js';
import type { Config } from '../experiment/config.js';
import { faultList, list } from '../schema.js';
import type { AuditName } from '../sweep/plan.js';
import { type ConfigOptions, configFrom } from './options.js';
import { MOST_RUNS, parseSeeds } from './seeds.js';
import { datasetCalled } from './values.js';

/** What an axis may consist of: values, lists (whose commas are their own), or flags. */
type Kind = 'value' | 'list' | 'flag';

/** Every option that decides a configuration, but the seed. */
const kinds = {
  preset: 'value',
  rules: 'list',
  attacks: 'list',
  epsilons: 'list',
  path: 'list',
  loss: 'value',
  iterations: 'value',
  momentum: 'value',
  stepSize: 'value',
  project: 'flag',
  clip: 'flag',
  epochs: 'value',
  batchSize: 'value',
  lr: 'value',
  optimizer: 'value',
  schedule: 'value',
  warmup: 'value',
  sgdMomentum: 'value',
  weightDecay: 'value',
  decoupledDecay: 'value',
  augment: 'flag',
  model: 'value',
  activation: 'value',
  initializer: 'value',
  trainSize: 'value',
  testSize: 'value',
  data: 'value',
  backend: 'value',
  quick: 'flag',
} as const satisfies Record<Exclude<keyof ConfigOptions, 'seed'>, Kind>;
type AxisOption = keyof typeof kinds;

/** Every combination of data sets, values and seeds is a run. */
export interface Axes {
  readonly datasets: readonly DatasetName[];
  readonly seeds: readonly number[];
  readonly options: Readonly<Partial<Record<AxisOption, readonly (string | boolean)[]>>>;
  readonly audit: AuditName;
}

/** `trainSize` as it is written: `train-size`. */
const optionName = (option: string): string => option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The axes that options ask for, as a command line has them.
 *
 * @throws {UserError} if a list has an empty part, a data set is not known or the seeds can't be read
 */
export function axesFrom(
  names: string,
  { seeds = '1', audit = true, ...options }: Omit<ConfigOptions, 'seed'> & { seeds?: string; audit?: boolean },
): Axes {
  const axes = Object.entries(options).flatMap(([option, value]) => {
    if (!Object.hasOwn(kinds, option) || value === undefined) return [];
    return [[option, typeof value === 'string' ? valuesIn(option as AxisOption, value) : [value]]];
  });
  return {
    datasets: datasetsIn(names),
    seeds: parseSeeds(seeds),
    options: Object.fromEntries(axes),
    audit: auditName(audit, options.quick),
  };
}

const auditName = (audit: boolean, quick: unknown): AuditName => (audit ? (quick === true ? 'quick' : 'full') : 'none');

/**
 * The values of an axis: where one value stands, commas part them; what is a list, or a value for each rule, has commas
 * of its own, and semicolons part one from the next.
 */
function valuesIn(option: AxisOption, text: string): string[] {
  const whole = kinds[option] === 'list' || option === 'data';
  const values = text.split(';').flatMap((part) => (whole || part.includes('=') ? [part] : part.split(',')));
  const trimmed = values.map((value) => value.trim());
  if (trimmed.includes('')) {
    throw new UserError(`--${optionName(option)} "${text}": a value is empty; write them as a,b.`);
  }
  return trimmed;
}

/** @throws {UserError} if one is not known */
const datasetsIn = (text: string): DatasetName[] => [...new Set(text.split(',').map(datasetCalled))];

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const axisSchema = z.union([scalar, list(scalar, 1)]);
const optionNames = (Object.keys(kinds) as AxisOption[]).map(optionName);

const blockSchema = z.strictObject({
  datasets: z.union([z.string(), list(z.string(), 1)]),
  seeds: axisSchema.optional(),
  audit: z.boolean().optional(),
  ...(Object.fromEntries(optionNames.map((name) => [name, axisSchema.optional()])) as Record<
    string,
    z.ZodOptional<typeof axisSchema>
  >),
});

/**
 * The axes in a plan's file: `{ "datasets": "mnist", "seeds": "1..5", "lr": [0.01, 0.02] }`, or a list of such, whose
 * runs are all done. An option goes by its name on the command line; a list is an axis.
 *
 * @throws {UserError} with all that is not acceptable
 */
export function axesIn(value: unknown, file: string): Axes[] {
  const blocks = z.union([z.array(z.unknown()).min(1), z.unknown().transform((one) => [one])]).parse(value);
  return blocks.map((block, index) => {
    const parsed = blockSchema.safeParse(block);
    if (!parsed.success) {
      const place = blocks.length > 1 ? `${file}, its part ${index + 1},` : file;
      throw new UserError(`${place} is no plan of a sweep:\n${faultList(parsed.error, block)}`);
    }
    const { datasets: names, seeds = '1', audit = true, ...others } = parsed.data;
    const options: Readonly<Record<string, unknown>> = others;
    const listed = (axis: unknown) => (Array.isArray(axis) ? axis : [axis]) as (string | number | boolean)[];
    const axes = (Object.keys(kinds) as AxisOption[]).flatMap((option) => {
      const axis = options[optionName(option)];
      if (axis === undefined) return [];
      return [[option, listed(axis).map((each) => flagOrText(option, each, file))]];
    });
    return {
      datasets: datasetsIn(listed(names).join(',')),
      seeds: parseSeeds(listed(seeds).join(',')),
      options: Object.fromEntries(axes),
      audit: auditName(audit, options.quick),
    };
  });
}

function flagOrText(option: AxisOption, value: string | number | boolean, file: string): string | boolean {
  if ((kinds[option] === 'flag') === (typeof value === 'boolean')) {
    return typeof value === 'boolean' ? value : `${value}`;
  }
  const expected = kinds[option] === 'flag' ? 'true or false' : 'text or a number';
  throw new UserError(`${file}: ${optionName(option)} is ${JSON.stringify(value)}: ${expected} is expected.`);
}

/**
 * A configuration for each combination, the seeds running fastest.
 *
 * @param backend unless the options say which
 * @param base what --config says
 * @throws {UserError} if a value is not accepted, or there are too many
 */
export function configsFrom({ datasets: names, seeds, options }: Axes, backend: string, base?: Config): Config[] {
  const axes = Object.entries(options) as [AxisOption, readonly (string | boolean)[]][];
  const count = axes.reduce((product, [, values]) => product * values.length, names.length * seeds.length);
  if (count > MOST_RUNS) throw new UserError(`The sweep has ${count} runs; ${MOST_RUNS} are the most.`);
  let combinations: ConfigOptions[] = [{}];
  for (const [option, values] of axes) {
    combinations = combinations.flatMap((chosen) => values.map((value) => ({ ...chosen, [option]: value })));
  }
  return names.flatMap((dataset) =>
    combinations.flatMap((chosen) =>
      seeds.map((seed) => configFrom(dataset, { ...chosen, seed: `${seed}` }, backend, base)),
    ),
  );
}
