/*
 * `npm run bench:peers [-- --quick]`: this package against others at the same work, on this machine, in this run.
 * Prints a table, and leaves the numbers in out/bench-peers.json.
 *
 *   PyTorch        pytorch.py   BP and FA epochs, BIM; the better of one thread and all
 *   TensorFlow.js  tfjs.mjs     BP epoch, from a few mini-batches, scaled
 *   jax-js         jax-js.mjs   the same
 *
 * How to read it: `times` is the peer's time over ours, so that 2 means this package is twice as fast. Ours is
 * measured before the peers and again after them, and the median of both taken, so that a machine that grows slower or
 * faster on the way favours no one. An epoch is shuffling, loading, forward, backward and SGD with momentum, on all of
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
import writeFileAtomic from 'write-file-atomic';
import { WorkerPool } from '../../src/parallel/pool.js';
import { textTable } from '../../src/report/text.js';
import { firstImages } from '../../src/tensor/images.js';
import { defaultBackend } from '../../src/tensor/kernels.js';
import { benchAttacks } from '../attacks.js';
import { environment, environmentText } from '../environment.js';
import { lenetOnMnist, type Subject } from '../lenet.js';
import { median, quickly, thorough } from '../measure.js';
import { digits } from '../report.js';
import { epochSeconds, trainee } from '../training.js';
import { javascriptPeer, jaxJs, tfjs } from './javascript.js';
import { type PeerEffort, type PeerTime, type Skipped, type Work, workNames } from './peer.js';
import { pytorch } from './pytorch.js';

const full: PeerEffort = { rounds: 2, scale: 1, batches: { tfjs: 3, jaxJs: 8 } };
const short: PeerEffort = { rounds: 1, scale: 0.1, batches: { tfjs: 1, jaxJs: 3 } };

type OwnTimes = Record<Work, number[]>;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Adds our times for each work: seconds for the whole of it. */
async function addOwnTimes(subject: Subject, { rounds, scale }: PeerEffort, times: OwnTimes): Promise<void> {
  const pool = new WorkerPool(availableParallelism(), defaultBackend());
  const cut = (images: Subject['train']) => firstImages(images, Math.round(images.count * scale));
  const [train, test] = [cut(subject.train), cut(subject.test)];
  try {
    for (const rule of ['bp', 'fa'] as const) {
      const network = await trainee(pool, subject, train, rule);
      await epochSeconds(network, train.count, 1);
      times[rule].push(...(await epochSeconds(network, train.count, rounds)));
      if (rule === 'fa') continue;
      const effort = { ...(rounds === 1 ? quickly : thorough), rounds };
      const [{ seconds, images }] = await benchAttacks(pool, network.network, test, effort, ['bim']);
      times.bim.push((seconds * subject.test.count) / images);
    }
  } finally {
    await pool.close();
  }
}

/** Every peer's times; a peer that fails is skipped. */
async function peerTimes({ rounds, scale, batches }: PeerEffort): Promise<{ times: PeerTime[]; skipped: Skipped[] }> {
  const peers: readonly [name: string, measure: () => Promise<readonly PeerTime[]>][] = [
    ['PyTorch', () => pytorch({ rounds, scale, batches })],
    ['TensorFlow.js', async () => [await javascriptPeer(tfjs, batches.tfjs)]],
    ['jax-js', async () => [await javascriptPeer(jaxJs, batches.jaxJs)]],
  ];
  const times: PeerTime[] = [];
  const skipped: Skipped[] = [];
  for (const [peer, measure] of peers) {
    say(`measuring ${peer} …`);
    try {
      times.push(...(await measure()));
    } catch (error) {
      skipped.push({ peer, reason: (error as Error).message });
    }
  }
  return { times, skipped };
}

async function compare(effort: PeerEffort, quick: boolean): Promise<void> {
  const where = environment();
  const subject = await lenetOnMnist();
  const own: OwnTimes = { bp: [], fa: [], bim: [] };
  say('measuring this package …');
  await addOwnTimes(subject, effort, own);
  const { times, skipped } = await peerTimes(effort);
  say('measuring this package again …');
  await addOwnTimes(subject, effort, own);

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
  await writeFileAtomic('out/bench-peers.json', `${json}\n`);
  process.stdout.write('All numbers are in out/bench-peers.json.\n');
}

await new Command('npm run bench:peers --')
  .description('compare with PyTorch, TensorFlow.js and jax-js at the same work on this machine')
  .option('--quick', 'fewer images and measurements')
  .action(({ quick = false }: { quick?: boolean }) => compare(quick ? short : full, quick))
  .parseAsync();
