/* Values for every option of every command, from what commander knows of it: a new option has some by itself. */
import type { Option } from 'commander';
import { attacks } from '../../../src/attacks/index.js';
import { datasets } from '../../../src/datasets/index.js';
import { exportFormats } from '../../../src/experiment/export.js';
import { presetsOf } from '../../../src/experiment/presets.js';
import { losses } from '../../../src/losses/index.js';
import { models } from '../../../src/models/index.js';
import { initializers } from '../../../src/models/initialize.js';
import { activations } from '../../../src/models/lenet.js';
import { rules } from '../../../src/rules/index.js';
import { gradientPaths } from '../../../src/rules/path.js';
import { backends } from '../../../src/tensor/kernels.js';
import { optimizers } from '../../../src/training/optimizers.js';
import { decays } from '../../../src/training/schedule.js';

/** An option as a call gives it: `--loss=dlr`, or `--force` alone. */
export interface Given {
  readonly flag: string;
  readonly value?: string;
}

/** The values of an option, and whether each of them means something else. */
export interface Values {
  readonly values: readonly string[];
  readonly named: boolean;
}

/** Names among which options choose. The help of such an option lists them. */
const tables: readonly object[] = [
  ...[attacks, losses, models, initializers, activations, rules, optimizers, decays, datasets],
  Object.fromEntries(backends.map((name) => [name, name])),
];

/** Options whose help puts their names in a sentence. */
const inSentences: Readonly<Record<string, readonly string[]>> = {
  '--path': gradientPaths,
  '--to': exportFormats,
  '--preset': Object.keys(presetsOf('folder')),
  '--dataset': ['folder', 'mnist'], // the others would be fetched
  '--model': ['lenet5', 'resnet8'], // the others are larger ones of the same layers
};

/** By the name that the help gives an option's value. Numbers are small ones: what they make is computed. */
const byPlaceholder: Readonly<Record<string, readonly string[]>> = {
  n: ['1', '2'],
  x: ['0.5', '0.1'],
  epochs: ['0', '0.5', '2'],
  number: ['conv1.y[0,0,0]', 'conv1.weight[0,0,0,0]', 'fc1.dx[0]'],
};

/** Options whose values have a form of their own. */
const byFlag: Readonly<Record<string, readonly string[]>> = {
  '--epsilons': ['0.1', '0', '0,0.3,1', '8/255'],
  '--epsilon': ['0.1', '0', '8/255'],
  '--mean': ['0.5', '0.5,0.4,0.3'],
  '--std': ['0.5', '0.2,0.3,0.4'],
  '--batch-size': ['3', '64'],
  '--port': ['0'],
  '--seeds': ['1', '1..3', '2,2'],
  '--out': ['out', 'run', 'out/deep/er'],
  '--out-in': ['out'],
  '--config': ['run/config.json'],
  '--plan': ['plan.json'],
  '--names': ['names.json'],
  '--name': ['b'],
  '--redis': ['redis://127.0.0.1:1'],
  '--redis-ca': ['names.json'],
  '--slurm-args': ['--account=a'],
};

/** Values of an option that is given `data` as the folder of its images. @throws {Error} if none are known */
export function valuesOf({ long, flags, description }: Option, data: string): Values {
  const flag = long as string;
  const table = tables.find((names) => description.includes(Object.keys(names).join(', ')));
  const names = inSentences[flag] ?? (table && Object.keys(table));
  if (names) return { values: names, named: true };
  const placeholder = /<([^>]+)>/.exec(flags)?.[1];
  if (flag === '--data') return { values: placeholder === 'folder' ? [data] : [`mnist=${data}`], named: false };
  const values = byFlag[flag] ?? byPlaceholder[placeholder ?? ''];
  if (values) return { values, named: false };
  throw new Error(`${flags}: no values are known to try it with: add some to test/commands/pairs/values.ts`);
}

/** What no option that takes a value should end in a stack trace for. */
export const oddValues = ['', ' ', 'x', '-1', '0', '1e999', 'nowhere', '__proto__', ',', '='] as const;

export const argumentOf = ({ flag, value }: Given): string => (value === undefined ? flag : `${flag}=${value}`);
