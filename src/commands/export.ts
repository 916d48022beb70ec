import { join } from 'node:path';
import type { AttackName } from '../attacks/index.js';
import { checkNamed, checkWritable } from '../disk/files.js';
import { type ExportFormat, exportFormats, exportRun } from '../experiment/export.js';
import { checkFolder } from '../experiment/run-files.js';
import type { LossName } from '../losses/index.js';
import type { GradientPath } from '../rules/path.js';
import { VERSION } from '../version.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';

/** The options of `npm start -- export`. */
export interface ExportCommandOptions {
  readonly to?: ExportFormat[];
  readonly images?: number;
  readonly data?: string;
  readonly attack?: AttackName;
  readonly epsilon?: number;
  readonly path?: GradientPath;
  readonly loss?: LossName;
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
  const { to = exportFormats, images, attack = 'bim', epsilon = 0.2, path = 'true', loss = 'cross-entropy' } = options;
  const { activations = false, data } = options;
  if (data !== undefined) checkNamed(data, '--data');
  const asked = { to, out, activations, images, data, attack, epsilon, path, loss, version: VERSION };
  await checkWritable(out);
  const progress = progressOn(process.stderr);
  const started = performance.now();
  const files = await interruptible(
    (signal) => exportRun(folder, { ...asked, progress, signal }),
    () => `What was written is in ${out}; give the same command again for the rest.`,
  );
  process.stdout.write(`${filesText(duration((performance.now() - started) / 1000), out, files)}\n`);
}
