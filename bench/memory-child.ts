/* The process whose memory memory.ts asks for: `node memory-child.js <workers>` prints it as JSON. */
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
 * Linux says it of this process alone in /proc; what the operating system counts for a child (elsewhere the only
 * source) begins with what its parent had when it was made.
 */
function largestResidentSet(): number {
  const status = '/proc/self/status';
  const line = existsSync(status) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'));
  return 1024 * (line ? Number(line[1]) : process.resourceUsage().maxRSS);
}
