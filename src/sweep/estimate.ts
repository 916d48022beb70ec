/*
 * How long a run will take, roughly: for the list that a person looks at before a sweep, and to tell how far one is.
 * In seconds of one core like those of docs/performance.md.
 */
import { attacks } from '../attacks/index.js';
import { defaultAudit } from '../audit/recipe.js';
import type { Config } from '../experiment/config.js';
import { type RuleName, rules } from '../rules/index.js';
import { ownPath } from '../rules/path.js';
import { audits, type PlannedRun } from './plan.js';

/** One image forward and back through LeNet-5 on MNIST, in seconds. */
const PASS = 65e-6;
/** How much more it is for others than that. */
const TIMES = {
  'lenet-wide': 13,
  resnet8: 19,
  resnet14: 41,
  resnet20: 63,
  resnet32: 106,
  cifar10: 2,
  reference: 18,
};
/** A pass forward alone, in passes. */
const FORWARD = 0.3;
/** Starting, reading the data, drawing the figures. */
const AROUND = 3;
/** The full audit of one LeNet-5 on MNIST. */
const AUDIT = 35;
/** Classes of a data set that says nothing of them here. */
const CLASSES = 10;
/** Images of a data set that says nothing of its size here. */
const IMAGES = { train: 60_000, test: 10_000 };

/** What a run's steps take, in the order in which they are done. */
export interface Expected {
  /** The trainings, each or those that go on at a time, then each attack step, then the audit if there is one. */
  readonly steps: readonly number[];
  readonly total: number;
}

/** @param atOnce how many networks are trained at a time */
export function expectedSeconds({ config, audit }: Pick<PlannedRun, 'config' | 'audit'>, atOnce = 1): Expected {
  const { training, model, dataset, backend } = config;
  const times = (name: string) => (TIMES as Readonly<Record<string, number | undefined>>)[name] ?? 1;
  const pass = PASS * times(model) * times(dataset) * times(backend);
  const trainings: number[] = [];
  for (const [i, { epochs }] of Object.values(training).entries()) {
    const group = Math.floor(i / atOnce);
    trainings[group] = (trainings[group] ?? 0) + epochs * (config.trainSize ?? IMAGES.train) * pass;
  }
  const networks = Object.keys(training) as RuleName[];
  const attackPasses = (config.testSize ?? IMAGES.test) * passesOfAttacks(config, networks.length);
  const attackSteps = networks.flatMap((rule) => {
    const paths = ownPath(rules[rule]) === 'true' ? 1 : config.paths.length;
    return Array.from({ length: paths }, () => attackPasses * pass);
  });
  const steps = [...trainings, ...attackSteps, ...auditSteps(audit, networks.length, pass / PASS)];
  return { steps, total: AROUND + steps.reduce((sum, each) => sum + each, 0) };
}

/** Passes that the attacks of one network along one path make with each image, all networks asked afterwards. */
function passesOfAttacks({ attacks: names, epsilons, attackOptions }: Config, networks: number): number {
  const options = { iterations: attackOptions.iterations ?? undefined };
  const each = names.map((name) => {
    const { gradients, forwards } = attacks[name].most(options, CLASSES);
    return gradients + FORWARD * (forwards + networks);
  });
  return epsilons.filter((epsilon) => epsilon > 0).length * each.reduce((sum, passes) => sum + passes, 0);
}

function auditSteps(audit: PlannedRun['audit'], networks: number, times: number): number[] {
  const changes = audits[audit];
  if (!changes) return [];
  const { images, iterations, epsilons } = { ...defaultAudit, ...changes };
  const share =
    (images / defaultAudit.images) *
    (iterations / defaultAudit.iterations) *
    (epsilons.length / defaultAudit.epsilons.length);
  return Array.from({ length: networks }, () => AUDIT * share * times);
}
