/*
 * `npm run bench:peers [-- NETWORKS] [--quick] [--avx2]` compares this package with others at the same work on this
 * machine. It prints a table and writes the numbers to out/bench-peers.json.
 *
 * ```
 *   lenet5, on MNIST
 *     PyTorch        pytorch.py         BP and FA epochs, BIM; the better of one thread and all
 *     TensorFlow.js  tfjs.mjs           BP epoch, from a few mini-batches, scaled
 *     jax-js         jax-js.mjs         the same
 *   resnet20, on CIFAR-10
 *     PyTorch        pytorch_resnet.py  BP and FA epochs, from some mini-batches, scaled, as ours are
 * ```
 *
 * `peer / ours` is the peer's time divided by ours: 2 means that this package is twice as fast. Our times and PyTorch's
 * are measured in turns, and their medians compared, so that a slow minute of the machine affects both. An epoch is
 * shuffling, loading, forward and backward passes and SGD with momentum, on all training images in mini-batches of 64.
 * BIM is ten gradients along the exact gradient path for each test image, and the classification of the example.
 *
 * Limits: two networks, two data sets, one machine. LeNet-5 is small, so a framework's cost per operation matters; on
 * large layers, native code with wider registers and fused multiply-adds would be faster. All compute in float32. A
 * peer that is missing or fails is left out, with the reason.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Argument, Command } from 'commander';
import { writeWhole } from '../../src/disk/files.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import { textTable } from '../../src/report/text.js';
import { defaultBackend } from '../../src/tensor/backends.js';
import { environment, environmentText } from '../environment.js';
import { median } from '../measure.js';
import { digits } from '../report.js';
import { lenet5 } from './lenet5.js';
import { type Contest, type PeerEffort, type PeerTime, type Skipped, workNames } from './peer.js';
import { resnet20 } from './resnet20.js';

const contests = { lenet5, resnet20 } satisfies Record<
  string,
  (pool: WorkerPool, effort: PeerEffort) => Promise<Contest>
>;
type NetworkName = keyof typeof contests;
const everyNetwork = Object.keys(contests) as NetworkName[];

const full: Omit<PeerEffort, 'avx2'> = { rounds: 3, scale: 1, batches: { tfjs: 3, jaxJs: 8, resnet20: 60 } };
const short: Omit<PeerEffort, 'avx2'> = { rounds: 1, scale: 0.1, batches: { tfjs: 1, jaxJs: 3, resnet20: 5 } };

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Measures the peers' times and ours on some networks, in turns; a peer that fails is skipped. */
async function measureAll(
  names: readonly NetworkName[],
  effort: PeerEffort,
): Promise<{ own: Contest['own']; times: PeerTime[]; skipped: Skipped[] }> {
  const pool = new WorkerPool(availableParallelism(), defaultBackend());
  let own: Contest['own'] = {};
  const times: PeerTime[] = [];
  const skipped: Skipped[] = [];
  try {
    for (const name of names) {
      const contest = await contests[name](pool, effort);
      for (const [peer, measure] of Object.entries(contest.peers)) {
        say(`${name}: measuring ${peer} …`);
        try {
          times.push(...(await measure()));
        } catch (error) {
          skipped.push({ peer: `${peer} (${name})`, reason: (error as Error).message });
        }
      }
      say(`${name}: measuring this package …`);
      for (let round = 0; round < effort.rounds; round++) await contest.measure();
      own = { ...own, ...contest.own };
    }
    return { own, times, skipped };
  } finally {
    await pool.close();
  }
}

async function compare(
  names: readonly NetworkName[],
  { quick = false, avx2 = false }: { readonly quick?: boolean; readonly avx2?: boolean },
): Promise<void> {
  const where = environment();
  const { own, times, skipped } = await measureAll(names, { ...(quick ? short : full), avx2 });
  const compared = times.map((time) => {
    const ownSeconds = median(own[time.work] ?? []);
    return { ...time, ownSeconds, ratio: time.seconds / ownSeconds };
  });
  const rows = compared.map(({ work, peer, threads, note, seconds, ownSeconds, ratio }) => [
    workNames[work],
    peer,
    note ?? '',
    `${threads}`,
    digits(seconds),
    digits(ownSeconds),
    digits(ratio),
  ]);
  const head = ['work', 'peer', 'settings', 'threads', 'peer, s', 'ours, s', 'peer / ours'];
  const lines = skipped.map(({ peer, reason }) => `${peer} was skipped: ${reason}`);
  const table = [environmentText(where), '', textTable(head, rows, 3), ...lines];
  process.stdout.write(`${table.join('\n')}\n`);
  await mkdir('out', { recursive: true });
  const json = JSON.stringify({ schema: 1, quick, avx2, environment: where, own, compared, skipped }, null, 2);
  await writeWhole('out/bench-peers.json', `${json}\n`);
  process.stdout.write('All numbers are in out/bench-peers.json.\n');
}

await new Command('npm run bench:peers --')
  .description('compare with PyTorch, TensorFlow.js and jax-js at the same work on this machine')
  .addArgument(new Argument('[networks...]', 'the networks to measure').choices(everyNetwork).default(everyNetwork))
  .option('--quick', 'fewer images and measurements')
  .option('--avx2', 'limit PyTorch to AVX2 instructions, as on a processor without AVX-512')
  .action(compare)
  .parseAsync();
