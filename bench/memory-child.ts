/* The process that memory.ts measures: `node memory-child.js <workers>` prints its memory as JSON. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quickAudit } from '../src/audit/recipe.js';
import { configFrom } from '../src/commands/options.js';
import { silent } from '../src/experiment/progress.js';
import { runExperiment } from '../src/experiment/run.js';
import { defaultBackend } from '../src/tensor/backends.js';
import { secondsSince } from './measure.js';
import type { PeakMemory } from './memory.js';

const started = performance.now();
const workers = Number(process.argv[2]);
const config = configFrom('mnist', { epochs: '1', epsilons: '0,0.3' }, defaultBackend());
const folder = await mkdtemp(join(tmpdir(), 'weight-transport-bench-'));
try {
  await runExperiment(config, { out: join(folder, 'run'), workers, force: false, progress: silent, audit: quickAudit });
} finally {
  await rm(folder, { recursive: true, force: true });
}
const answer: PeakMemory = { bytes: largestResidentSet(), seconds: secondsSince(started) };
process.stdout.write(JSON.stringify(answer));

/**
 * Returns the largest resident set in bytes. On Linux, /proc holds that of this process alone. Elsewhere the operating
 * system's number is the only source; a child's number begins with its parent's memory at the start.
 */
function largestResidentSet(): number {
  const status = '/proc/self/status';
  const line = existsSync(status) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'));
  return 1024 * (line ? Number(line[1]) : process.resourceUsage().maxRSS);
}
