import { join } from 'node:path';
import { writeReport } from '../experiment/report.js';

/**
 * `npm start -- report out/<run>`: writes the run's report anew, and says where it is.
 *
 * @throws {UserError} if the folder holds no finished run or audit, or a damaged one
 */
export async function reportCommand(folder: string): Promise<void> {
  const name = await writeReport(folder);
  process.stdout.write(`${join(folder, name)}\n`);
}
