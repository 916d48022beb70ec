/* Test values for every option of every command, from commander's own options: a new option is covered by itself. */
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

/** The test values of an option. `named`: they are names, each with a meaning of its own. */
export interface Values {
  readonly values: readonly string[];
  readonly named: boolean;
}

/** Tables whose names are values of options. The help of such an option lists the names. */
const tables: readonly object[] = [
  ...[attacks, losses, models, initializers, activations, rules, optimizers, decays, datasets],
  Object.fromEntries(backends.map((name) => [name, name])),
];

/** Options whose names can't be found in their help, or are fewer here. */
const inSentences: Readonly<Record<string, readonly string[]>> = {
  '--path': gradientPaths,
  '--to': exportFormats,
  '--preset': Object.keys(presetsOf('folder')),
  '--dataset': ['folder', 'mnist'], // the others would be fetched
  '--model': ['lenet5', 'resnet8'], // the others are larger ones of the same layers
};

/** Values by the placeholder in the help. Numbers are small, because the calls compute with them. */
const byPlaceholder: Readonly<Record<string, readonly string[]>> = {
  n: ['1', '2'],
  x: ['0.5', '0.1'],
  epochs: ['0', '0.5', '2'],
  number: ['conv1.y[0,0,0]', 'conv1.weight[0,0,0,0]', 'fc1.dx[0]'],
};

/** Values by option, where the placeholder doesn't tell their form. */
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

/** Returns test values for an option; `data` is a folder of images. @throws {Error} if this file has no values for it */
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

/** Values that no option expects. They must not end in a stack trace either. */
export const oddValues = ['', ' ', 'x', '-1', '0', '1e999', 'nowhere', '__proto__', ',', '='] as const;

export const argumentOf = ({ flag, value }: Given): string => (value === undefined ? flag : `${flag}=${value}`);
