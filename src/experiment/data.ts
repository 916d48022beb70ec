import type { Dataset } from '../datasets/dataset.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { UserError } from '../errors.js';
import { type LossName, losses } from '../losses/index.js';
import type { Loss } from '../losses/loss.js';
import type { Progress } from './progress.js';

/**
 * A data set, whole, got first where it isn't there yet.
 *
 * @param folder the user's own, instead of the data set's usual source
 * @throws {UserError} if a file is missing, or not the one expected
 * @throws the signal's reason, or an Interruption that says what is kept, if it was aborted
 */
export const loadData = (
  name: DatasetName,
  folder: string | null | undefined,
  { progress, signal }: { readonly progress: Progress; readonly signal?: AbortSignal | undefined },
): Promise<Dataset> =>
  datasets[name].load({ directory: folder ?? undefined, onProgress: (message) => progress.log(message), signal });

/**
 * Says that there are fewer test images than were asked for.
 *
 * @param asked undefined where nobody asked for a number
 * @param done what becomes of the images that there are: `audited`
 */
export function noteFewer(asked: number | undefined, there: number, done: string, { log }: Progress): void {
  if (asked === undefined || asked <= there) return;
  const [most, all] = [asked, there].map((count) => count.toLocaleString('en'));
  log(`${most} test images were asked for; there are ${all}, and all of them are ${done}.`);
}

/**
 * Checks that a data set has enough classes for a loss, before anything is attacked or written.
 *
 * @throws {UserError} if the loss needs more classes
 */
export function checkClasses(loss: LossName, { name, classes }: Pick<Dataset, 'name' | 'classes'>): void {
  const { leastClasses = 2 }: Loss = losses[loss];
  if (classes.length >= leastClasses) return;
  const [other] =
    Object.entries<Loss>(losses)
      .filter(([, { leastClasses = 2 }]) => leastClasses <= classes.length)
      .at(-1) ?? [];
  throw new UserError(
    `--loss "${loss}": needs at least ${leastClasses} classes; ${name} has ${classes.length}. Try --loss ${other}.`,
  );
}
