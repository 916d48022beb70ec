/*
 * `npm run fuzz [-- target …] [--seed N] [--seconds N]`: feeds each parser with damaged inputs, a hundred at a time, until
 * the seconds are over or it is interrupted. An input that a parser cannot take as it should is left in out/fuzz/, as
 * small as it could be made; the same seed finds it again. An input by which the process hangs or dies is the last one
 * in out/fuzz/<target>/.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type FuzzTarget, fuzz } from './fuzzing.js';
import { targets } from './targets.js';

const RUNS = 100;
const FOLDER = join('out', 'fuzz');

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(names: readonly string[], first: number, seconds: number): Promise<void> {
  const chosen = Object.entries<FuzzTarget>(targets).filter(([name]) => names.length === 0 || names.includes(name));
  const unknown = names.filter((name) => !Object.hasOwn(targets, name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: the targets are ${Object.keys(targets).join(', ')}`);
  const end = performance.now() + 1000 * seconds;
  const failed = new Set<string>();
  for (let seed = first; performance.now() < end && failed.size < chosen.length; seed++) {
    for (const [name, target] of chosen) {
      if (failed.has(name) || performance.now() > end) continue;
      const folder = join(FOLDER, name);
      mkdirSync(folder, { recursive: true });
      const failure = await fuzz(target, { folder, runs: RUNS, seed });
      rmSync(folder, { recursive: true });
      if (failure === undefined) continue;
      failed.add(name);
      const file = join(FOLDER, `${name}-${seed}`);
      writeFileSync(file, failure.input);
      print(`${name}, seed ${seed}: ${failure.fault}\n  by ${file} (${failure.input.length} bytes)`);
    }
    print(`seed ${seed}: ${(seed - first + 1) * RUNS} inputs each; failed: ${[...failed].join(', ') || 'none'}`);
  }
  if (failed.size > 0) process.exitCode = 1;
}

await new Command('npm run fuzz --')
  .description('feed each parser with damaged inputs')
  .argument('[targets...]', `parsers (default: all): ${Object.keys(targets).join(', ')}`)
  .option('--seed <n>', 'the first seed; each next hundred inputs have the next one', Number, Date.now() % 2 ** 31)
  .option('--seconds <n>', 'how long; as long as you like if not given', Number, Number.POSITIVE_INFINITY)
  .action((names: string[], { seed, seconds }: { seed: number; seconds: number }) => run(names, seed, seconds))
  .parseAsync();
