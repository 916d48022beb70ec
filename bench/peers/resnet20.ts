/*
 * ResNet-20 on CIFAR-10: epochs with BP and FA, from the same number of mini-batches for all packages, without
 * augmentation.
 */
import type { WorkerPool } from '../../src/parallel/pool.js';
import { resnetOnCifar10 } from '../subjects.js';
import { trainee } from '../training.js';
import { BATCH, type Contest, type PeerEffort } from './peer.js';
import { pytorchResnet20 } from './pytorch.js';

export async function resnet20(pool: WorkerPool, effort: PeerEffort): Promise<Contest> {
  const { batches } = effort;
  const subject = await resnetOnCifar10();
  const bp = await trainee(pool, subject, batches.resnet20 * BATCH, 'bp');
  const fa = await trainee(pool, subject, batches.resnet20 * BATCH, 'fa');
  const own = { 'resnet20-bp': [] as number[], 'resnet20-fa': [] as number[] };
  const measure = async () => {
    own['resnet20-bp'].push(await bp.epoch());
    own['resnet20-fa'].push(await fa.epoch());
  };
  const warm = await trainee(pool, subject, BATCH, 'bp');
  await warm.epoch();
  return { own, measure, peers: { PyTorch: () => pytorchResnet20(effort, measure) } };
}
