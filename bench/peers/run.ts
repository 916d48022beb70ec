/*
 * `npm run bench:peers [-- --quick]`: this package against others at the same work, on this machine, in this run.
 * Prints a table, and leaves the numbers in out/bench-peers.json.
 *
 *   PyTorch        pytorch.py   BP and FA epochs, BIM; the better of one thread and all
 *   TensorFlow.js  tfjs.mjs     BP epoch, from a few mini-batches, scaled
 *   jax-js         jax-js.mjs   the same
 *
 * How to read it: `times` is the peer's time over ours, so that 2 means this package is twice as fast. Ours
 * and PyTorch's are measured in turns, and the medians compared, so that a machine that is slow for a while favours no
 * one. An epoch is shuffling, loading, forward, backward and SGD with momentum, on all of
 * MNIST's training images; BIM is ten gradients along the true weights for each test image, and the network's answer
 * to the example.
 *
 * Its limits: one network, one data set, one machine. LeNet-5 is small, so that a framework's cost per operation
 * weighs much; on large layers, native code with wider registers and fused multiply-adds would win. All compute in
 * float32. A peer that isn't there, or fails, is left out, with the reason.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { writeWhole } from '../../src/disk/files.js';
import { WorkerPool } from '../../src/parallel/pool.js';
import { textTable } from '../../src/report/text.js';
import { defaultBackend } from '../../src/tensor/backends.js';
import { firstImages, type LabelledImages } from '../../src/tensor/images.js';
import { benchAttacks } from '../attacks.js';
import { environment, environmentText } from '../environment.js';
import { lenetOnMnist, type Subject } from '../lenet.js';
import { median } from '../measure.js';
import { digits } from '../report.js';
import { epochSeconds, trainee } from '../training.js';
import { javascriptPeer, jaxJs, tfjs } from './javascript.js';
import { type PeerEffort, type PeerTime, type Skipped, type Work, workNames } from './peer.js';
import { pytorch } from './pytorch.js';

const full: PeerEffort = { rounds: 3, scale: 1, batches: { tfjs: 3, jaxJs: 8 } };
const short: PeerEffort = { rounds: 1, scale: 0.1, batches: { tfjs: 1, jaxJs: 3 } };

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Measures this package: each call adds a time for the whole of each work. */
async function ownMeasurement(
  pool: WorkerPool,
  { spec, train, test }: Subject,
  scale: number,
): Promise<{ times: Readonly<Record<Work, number[]>>; measure(): Promise<void> }> {
  const cut = (images: LabelledImages) => firstImages(images, Math.round(images.count * scale));
  const subject = { spec, train: cut(train), test: cut(test) };
  const times: Record<Work, number[]> = { bp: [], fa: [], bim: [] };
  const bp = await trainee(pool, subject, subject.train, 'bp');
  const fa = await trainee(pool, subject, subject.train, 'fa');
  for (const warming of [bp, fa]) await warming.epoch();
  return {
    times,
    async measure() {
      times.bp.push(await epochSeconds(bp, subject.train.count));
      times.fa.push(await epochSeconds(fa, subject.train.count));
      const [{ seconds }] = await benchAttacks(pool, bp.network, subject.test, 1, ['bim']);
      times.bim.push(seconds / scale);
    },
  };
}

/** Every peer's times and ours, in turns; a peer that fails is skipped. */
async function measureAll(
  subject: Subject,
  { rounds, scale, batches }: PeerEffort,
): Promise<{ own: Readonly<Record<Work, number[]>>; times: PeerTime[]; skipped: Skipped[] }> {
  const pool = new WorkerPool(availableParallelism(), defaultBackend());
  const times: PeerTime[] = [];
  const skipped: Skipped[] = [];
  const attempt = async (peer: string, measure: () => Promise<readonly PeerTime[]>) => {
    say(`measuring ${peer} …`);
    try {
      times.push(...(await measure()));
    } catch (error) {
      skipped.push({ peer, reason: (error as Error).message });
    }
  };
  try {
    const own = await ownMeasurement(pool, subject, scale);
    await attempt('PyTorch', () => pytorch(rounds, scale, own.measure));
    await attempt('TensorFlow.js', async () => [await javascriptPeer(tfjs, batches.tfjs)]);
    await attempt('jax-js', async () => [await javascriptPeer(jaxJs, batches.jaxJs)]);
    say('measuring this package …');
    for (let round = 0; round < rounds; round++) await own.measure();
    return { own: own.times, times, skipped };
  } finally {
    await pool.close();
  }
}

async function compare(effort: PeerEffort, quick: boolean): Promise<void> {
  const where = environment();
  const { own, times, skipped } = await measureAll(await lenetOnMnist(), effort);
  const compared = times.map((time) => {
    const ownSeconds = median(own[time.work]);
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
  const head = ['work', 'peer', 'how', 'threads', 'its s', 'our s', 'times'];
  const lines = skipped.map(({ peer, reason }) => `${peer} was skipped: ${reason}`);
  const table = [environmentText(where), '', textTable(head, rows, 3), ...lines];
  process.stdout.write(`${table.join('\n')}\n`);
  await mkdir('out', { recursive: true });
  const json = JSON.stringify({ schema: 1, quick, environment: where, own, compared, skipped }, null, 2);
  await writeWhole('out/bench-peers.json', `${json}\n`);
  process.stdout.write('All numbers are in out/bench-peers.json.\n');
}

await new Command('npm run bench:peers --')
  .description('compare with PyTorch, TensorFlow.js and jax-js at the same work on this machine')
  .option('--quick', 'fewer images and measurements')
  .action(({ quick = false }: { quick?: boolean }) => compare(quick ? short : full, quick))
  .parseAsync();
