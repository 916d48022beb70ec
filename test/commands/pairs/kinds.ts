/* The kinds of run that commands are applied to, all small; and the arguments of each command. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encode } from 'fast-png';
import { quickAudit } from '../../../src/audit/recipe.js';
import { type ConfigOptions, configFrom } from '../../../src/commands/options.js';
import { datasets } from '../../../src/datasets/index.js';
import { silent } from '../../../src/experiment/progress.js';
import { runExperiment } from '../../../src/experiment/run.js';
import { saveNetwork } from '../../../src/models/checkpoint.js';
import { createNetwork, networkSpec } from '../../../src/models/create.js';
import { type RuleName, rules } from '../../../src/rules/index.js';
import { stream } from '../../../src/tensor/random.js';

/** A run in a folder. */
export interface Kind {
  readonly name: string;
  readonly dataset: 'folder' | 'mnist';
  /** The settings that differ from `everyKind`. */
  readonly settings: ConfigOptions;
  /** Whether the main job makes it. Else its networks are untrained, and there are no results. */
  readonly made: boolean;
  readonly audited?: boolean;
}

const everyKind: ConfigOptions = { epochs: '1', epsilons: '0.1', attacks: 'fgsm', testSize: '4' };
const allRules = Object.keys(rules).join();

export const kinds: readonly Kind[] = [
  { name: 'two classes, all rules', dataset: 'folder', settings: { data: 'two', rules: allRules }, made: true },
  {
    name: 'two classes, one rule',
    dataset: 'folder',
    settings: { data: 'two', rules: 'bp' },
    made: true,
    audited: true,
  },
  { name: 'MNIST, without results', dataset: 'mnist', settings: { trainSize: '64', rules: 'fa' }, made: false },
  { name: 'three classes, without results', dataset: 'folder', settings: { data: 'three' }, made: false },
];

/** Writes a folder of small pictures. */
function paint(folder: string, classes: number, channels: number): void {
  const random = stream(classes);
  for (let label = 0; label < classes; label++) {
    for (let i = 0; i < 10; i++) {
      const data = Uint8Array.from({ length: 256 * channels }, () => random.integer(0, 127) + 16 * label);
      const path = join(folder, `class-${label}`, `${i}.png`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, encode({ width: 16, height: 16, data, channels }));
    }
  }
}

/** Writes a run's config.json and untrained networks. */
async function putTogether(folder: string, { dataset: name, settings }: Kind): Promise<void> {
  const config = configFrom(name, { ...everyKind, ...settings }, 'simd');
  const spec = networkSpec(await datasets[name].load({ directory: config.data ?? undefined }), config);
  writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config)}\n`);
  for (const rule of Object.keys(config.training) as RuleName[]) {
    const { parameters } = createNetwork(spec, { rule, seed: 1 });
    writeFileSync(join(folder, `${rule}.safetensors`), saveNetwork(spec, rule, parameters));
  }
}

/** Makes a run by the main job. */
async function make(folder: string, { dataset, settings, audited }: Kind): Promise<void> {
  const config = configFrom(dataset, { ...everyKind, ...settings }, 'simd');
  const audit = audited ? { ...quickAudit, epsilons: [0.1], images: 2 } : undefined;
  await runExperiment(config, { out: folder, workers: 1, force: false, progress: silent, audit });
}

/**
 * Makes one run of each kind.
 *
 * @param quick whether to train no network
 * @returns `copy`, which makes a folder with a copy of a run for one call, and changes to it
 */
export async function makeKinds(quick = false): Promise<{ copy(kind: Kind): string }> {
  const folder = mkdtempSync(join(tmpdir(), 'pairs-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  paint(join(folder, 'two'), 2, 1);
  paint(join(folder, 'three'), 3, 3);
  process.chdir(folder);
  for (const kind of kinds) {
    const run = join(folder, 'kinds', kind.name);
    mkdirSync(run, { recursive: true });
    await (kind.made && !quick ? make : putTogether)(run, kind);
  }
  const work = join(folder, 'work');
  return {
    copy({ name }) {
      rmSync(work, { recursive: true, force: true });
      cpSync(join(folder, 'kinds', name), join(work, 'run'), { recursive: true });
      writeFileSync(join(work, 'names.json'), '{}\n');
      writeFileSync(join(work, 'plan.json'), '{"datasets": "mnist", "seeds": "1..2"}\n');
      process.chdir(work);
      return work;
    },
  };
}

/** The arguments of a command. */
export interface Usage {
  /** The command's name, if it is not the key in the table. */
  readonly command?: string;
  readonly arguments: readonly string[];
  /** Options that keep the work small, unless the call gives them itself. */
  readonly small: Readonly<Record<string, string>>;
  /** Whether the command reads a run. It is then applied to each kind. */
  readonly reads: boolean;
  /** Options that are not tried, each with the reason. */
  readonly without?: Readonly<Record<string, string>>;
  /** Options of `small` and `always` that are left out beside another option. */
  readonly unless?: Readonly<Record<string, readonly string[]>>;
  /** Options with names whose pairs another command covers: here any name stands for all. */
  readonly loose?: readonly string[];
  /** Options of every call. */
  readonly always?: readonly string[];
}

const training = {
  '--epochs': '1',
  '--epsilons': '0.1',
  '--attacks': 'fgsm',
  '--iterations': '2',
  '--workers': '1',
  '--out': 'out',
  '--train-size': '8',
  '--test-size': '4',
};
const restarts = { '--restarts': '1', '--queries': '1', '--spsa-images': '1', '--spsa-iterations': '1' };
const audited = { '--images': '2', '--epsilons': '0.1', '--iterations': '1', '--targets': '1', ...restarts };

/** Options of `audit` that say of a network in a file what a run's config.json says. */
const ofNetworks = [
  ...['--dataset', '--model', '--activation', '--rule', '--names', '--mean', '--std', '--data', '--seed', '--out'],
];

const loose = ['--attacks', '--rules'];
/** `--standard` has its own values for these. */
const measured = ['--iterations', '--queries', '--targets'];
/** The default audit takes long; that of --quick is short. */
const quick = { '--quick': ['--no-audit'] };

export const usages: Readonly<Record<string, Usage | string>> = {
  folder: {
    arguments: [],
    small: { ...training, '--data': '../two' },
    reads: false,
    always: ['--no-audit'],
    unless: quick,
    loose,
  },
  mnist: 'has the options of folder, and larger images',
  'fashion-mnist': 'its images are not here',
  cifar10: 'its images are not here',
  attack: {
    arguments: ['run'],
    small: { '--images': '4', '--epsilons': '0.1', '--attacks': 'fgsm', '--iterations': '2', '--workers': '1' },
    reads: true,
  },
  audit: {
    arguments: ['run'],
    small: { ...audited, '--workers': '1' },
    reads: true,
    unless: { '--standard': measured },
    without: Object.fromEntries(ofNetworks.map((flag) => [flag, 'for a network in a file'])),
  },
  'audit of a file': {
    command: 'audit',
    arguments: ['run/bp.safetensors'],
    small: { ...audited, '--workers': '1', '--dataset': 'folder', '--data': '../two', '--out': 'out' },
    reads: false,
    unless: { '--standard': measured, '--dataset': ['--data'] },
  },
  export: { arguments: ['run'], small: { '--images': '4' }, reads: true },
  inspect: { arguments: ['run'], small: {}, reads: true },
  report: { arguments: ['run'], small: {}, reads: true },
  compare: { arguments: ['run'], small: { '--out': 'out' }, reads: true },
  lab: { arguments: ['run'], small: { '--port': '0' }, reads: true, without: { '--open': 'opens a browser' } },
  sweep: {
    arguments: ['folder'],
    small: { '--data': '../two', '--out': 'out' },
    reads: false,
    always: ['--dry-run'],
    loose,
    without: { '--redis': 'has tests of its own' },
  },
  'sweep of a plan': {
    command: 'sweep',
    arguments: ['--plan=plan.json'],
    small: { '--out': 'out' },
    reads: false,
    always: ['--dry-run'],
    loose,
    without: { '--redis': 'has tests of its own', '--plan': 'is there always' },
  },
  run: 'what a sweep starts, and has tests of its own',
  work: 'waits for Redis, and has tests of its own',
  data: 'has no options',
  gradcheck: 'takes long, and has one option',
};
