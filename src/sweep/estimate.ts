/*
 * How long a run will take, roughly: for the list that a person looks at before a sweep, and to tell how far one is.
 * In seconds of one core like those of docs/performance.md.
 */
import { attacks } from '../attacks/index.js';
import { defaultAudit } from '../audit/recipe.js';
import { auditSettings } from '../experiment/audit-settings.js';
import type { Config, TrainingConfig } from '../experiment/config.js';
import { stepTitles } from '../experiment/progress.js';
import { type RuleName, rules } from '../rules/index.js';
import { ownPath } from '../rules/path.js';
import { audits, type PlannedRun } from './plan.js';

/** One image forward and back through LeNet-5 on MNIST, in seconds. */
const PASS = 65e-6;
/** How many times that it is for other models, data sets and kernels: factors. */
const TIMES = {
  'lenet-wide': 5.5,
  resnet8: 9,
  resnet14: 19,
  resnet20: 29,
  resnet32: 49,
  cifar10: 2,
  reference: 18,
};
/** A pass forward alone, and one of an attack, back to the pixels and to no weight: in passes. */
const FORWARD = 0.3;
const GRADIENT = 0.5;
/** Starting, reading the data, drawing the figures. */
const AROUND = 3;
/** The full audit of one LeNet-5 on MNIST. */
const AUDIT = 80;
/** How much of it each of its rounds takes: the first on all images, the others mostly on what is still right. */
const AUDIT_ROUNDS = [0.62, 0.25, 0.13];
/** Classes of a data set that says nothing of them here. */
const CLASSES = 10;
/** Images of a data set that says nothing of its size here. */
const IMAGES = { train: 60_000, test: 10_000 };

/** A step of a run, as its progress is titled, and how long it takes. */
export interface ExpectedStep {
  readonly title: string;
  readonly seconds: number;
}

export interface Expected {
  /** In order: the trainings, those that go on at a time as one; then the attacks; then the audit, if there is one. */
  readonly steps: readonly ExpectedStep[];
  /** Seconds, with what is around the steps. */
  readonly total: number;
}

/** @param atOnce how many networks are trained at a time */
export function expectedSeconds({ config, audit }: Pick<PlannedRun, 'config' | 'audit'>, atOnce = 1): Expected {
  const { training } = config;
  const pass = PASS * timesOf(config);
  const plans = Object.entries(training) as [RuleName, TrainingConfig][];
  const networks = plans.map(([rule]) => rule);
  const steps: ExpectedStep[] = [];
  for (let first = 0; first < plans.length; first += atOnce) {
    const together = plans.slice(first, first + atOnce);
    const epochs = together.reduce((sum, [, plan]) => sum + plan.epochs, 0);
    const title = stepTitles.training(together.map(([rule]) => rules[rule].label));
    steps.push({ title, seconds: epochs * (config.trainSize ?? IMAGES.train) * pass });
  }
  const attackSeconds = (config.testSize ?? IMAGES.test) * passesOfAttacks(config, networks.length) * pass;
  for (const rule of networks) {
    for (const path of ownPath(rules[rule]) === 'true' ? (['true'] as const) : config.paths) {
      const title = stepTitles.attacks(rules[rule].label, config.paths.length > 1 ? path : undefined);
      steps.push({ title, seconds: attackSeconds });
    }
  }
  const auditSeconds = secondsOfAudit(audit, config);
  for (const rule of auditSeconds > 0 ? networks : []) {
    for (const [round, share] of AUDIT_ROUNDS.entries()) {
      steps.push({ title: stepTitles.audit(rules[rule].label, round > 0), seconds: share * auditSeconds });
    }
  }
  return { steps, total: AROUND + steps.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** How much longer everything takes than for LeNet-5 on MNIST. */
function timesOf({ model, dataset, backend }: Config): number {
  const times = (name: string) => (TIMES as Readonly<Record<string, number | undefined>>)[name] ?? 1;
  return times(model) * times(dataset) * times(backend);
}

/** Passes that the attacks of one network along one path make with each image, all networks asked afterwards. */
function passesOfAttacks({ attacks: names, epsilons, attackOptions }: Config, networks: number): number {
  const options = { iterations: attackOptions.iterations ?? undefined };
  const each = names.map((name) => {
    const { gradients, forwards } = attacks[name].most(options, CLASSES);
    return GRADIENT * gradients + FORWARD * (forwards + networks);
  });
  return epsilons.filter((epsilon) => epsilon > 0).length * each.reduce((sum, passes) => sum + passes, 0);
}

/** The audit of one network. */
function secondsOfAudit(audit: PlannedRun['audit'], config: Config): number {
  const changes = audits[audit];
  if (!changes) return 0;
  const { images, iterations, epsilons } = auditSettings(config.dataset, changes, config.testSize ?? IMAGES.test);
  const share =
    (images / defaultAudit.images) *
    (iterations / defaultAudit.iterations) *
    (epsilons.length / defaultAudit.epsilons.length);
  return AUDIT * share * timesOf(config);
}
