import { join } from 'node:path';
import { attacks } from '../attacks/index.js';
import { checkNamed, checkWritable } from '../disk/files.js';
import { UserError } from '../errors.js';
import { exportFormats, exportRun } from '../experiment/export.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { checkFolder } from '../experiment/run-files.js';
import { losses } from '../losses/index.js';
import { VERSION } from '../version.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { choice, integer, names, pathOption } from './options.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';

/** The options of `npm start -- export`, as they were written. */
export interface ExportCommandOptions {
  readonly to?: string;
  readonly images?: string;
  readonly data?: string;
  readonly attack?: string;
  readonly epsilon?: string;
  readonly path?: string;
  readonly loss?: string;
  readonly activations?: boolean;
  readonly out?: string;
}

/**
 * `npm start -- export out/<run>`: writes a finished run's networks, and adversarial examples, for other tools.
 *
 * @throws {UserError} if the folder holds no finished run, or an option is unusable
 * @throws {Interruption} if it was interrupted
 */
export async function exportCommand(folder: string, options: ExportCommandOptions): Promise<void> {
  await checkFolder(folder);
  const out = options.out ?? join(folder, 'export');
  checkNamed(out, '--out');
  if (options.data !== undefined) checkNamed(options.data, '--data');
  const asked = {
    to: names('--to', options.to, exportFormats) ?? exportFormats,
    out,
    activations: options.activations ?? false,
    images: integer('--images', options.images) ?? 1000,
    data: options.data,
    attack: choice('--attack', options.attack, attacks) ?? 'bim',
    epsilon: options.epsilon === undefined ? 0.2 : oneEpsilon(options.epsilon),
    path: pathOption(options.path) ?? 'true',
    loss: choice('--loss', options.loss, losses) ?? 'cross-entropy',
    version: VERSION,
  } as const;
  await checkWritable(out);
  const progress = progressOn(process.stderr);
  const started = performance.now();
  const files = await interruptible(
    (signal) => exportRun(folder, { ...asked, progress, signal }),
    () => `What was written is in ${out}; give the same command again for the rest.`,
  );
  process.stdout.write(`${filesText(duration((performance.now() - started) / 1000), out, files)}\n`);
}

/** A radius, as `0.2` or `8/255`. */
function oneEpsilon(text: string): number {
  const epsilons = parseEpsilons(text);
  if (epsilons.length !== 1) throw new UserError(`--epsilon "${text}": one number from 0 to 1 is expected.`);
  return epsilons[0];
}
