import type { AuditSettings } from '../audit/recipe.js';
import { checkNamed, checkWritable } from '../disk/files.js';
import { auditRun } from '../experiment/audit.js';
import { parseEpsilons } from '../experiment/parse-epsilons.js';
import { auditText } from '../report/audit/text.js';
import { duration } from '../words.js';
import { interruptible } from './interrupt.js';
import { integer, workerCount } from './options.js';
import { filesText } from './outcome.js';
import { progressOn } from './progress.js';
import { widthOf } from './terminal.js';

/** The options of `npm start -- audit`, as they were written. */
export interface AuditOptions {
  readonly images?: string;
  readonly epsilons?: string;
  readonly iterations?: string;
  readonly restarts?: string;
  readonly queries?: string;
  readonly spsaImages?: string;
  readonly spsaIterations?: string;
  readonly workers?: string;
}

/**
 * `npm start -- audit out/<run>`: audits a finished run's networks and prints what it finds.
 *
 * @throws {UserError} if the folder holds no finished run, or an option is unusable
 * @throws {Interruption} if it was interrupted
 */
export async function auditCommand(folder: string, options: AuditOptions): Promise<void> {
  const said = {
    images: integer('--images', options.images),
    epsilons: options.epsilons === undefined ? undefined : parseEpsilons(options.epsilons),
    iterations: integer('--iterations', options.iterations),
    restarts: integer('--restarts', options.restarts),
    queries: integer('--queries', options.queries),
    spsaImages: integer('--spsa-images', options.spsaImages),
    spsaIterations: integer('--spsa-iterations', options.spsaIterations),
  };
  const settings: Partial<AuditSettings> = Object.fromEntries(
    Object.entries(said).filter(([, value]) => value !== undefined),
  );
  checkNamed(folder, 'The folder of the run');
  await checkWritable(folder);
  const workers = workerCount(options.workers);
  const progress = progressOn(process.stderr);
  const started = performance.now();
  const { audit, files } = await interruptible(
    (signal) => auditRun(folder, { settings, workers, progress, signal }),
    () => 'An audit is written when it is complete: nothing has changed.',
  );
  const end = filesText(duration((performance.now() - started) / 1000), folder, files);
  process.stdout.write(`\n${auditText(audit, widthOf(process.stdout))}\n\n${end}\n`);
}
