/*
 * `npm run crash-test [-- --runs 50 --seed N]`: kills a small run at random moments, begins it again until it ends, and
 * holds its files against an undisturbed run's. What differs is left in out/crash-test/.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { crashTest } from './crash.js';

const FOLDER = join('out', 'crash-test');

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(runs: number, seed: number): Promise<void> {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  print(`seed ${seed}`);
  const failures = await crashTest({ folder: FOLDER, runs, seed, log: print });
  print(`${runs - failures.length} of ${runs} runs ended as the undisturbed one`);
  if (failures.length > 0) process.exitCode = 1;
  else rmSync(FOLDER, { recursive: true });
}

await new Command('npm run crash-test --')
  .description('kill a small run at random moments and hold it against an undisturbed one')
  .option('--runs <n>', 'how many runs', Number, 10)
  .option('--seed <n>', 'decides the moments', Number, Date.now() % 2 ** 31)
  .action(({ runs, seed }: { runs: number; seed: number }) => run(runs, seed))
  .parseAsync();
