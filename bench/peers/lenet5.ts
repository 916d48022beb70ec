/* LeNet-5 on MNIST: epochs with BP and FA, and BIM. */
import type { WorkerPool } from '../../src/parallel/pool.js';
import { firstImages, type LabelledImages } from '../../src/tensor/images.js';
import { benchAttacks } from '../attacks.js';
import { lenetOnMnist } from '../subjects.js';
import { trainee } from '../training.js';
import { javascriptPeer, jaxJs, tfjs } from './javascript.js';
import type { Contest, PeerEffort } from './peer.js';
import { pytorchLenet5 } from './pytorch.js';

export async function lenet5(pool: WorkerPool, effort: PeerEffort): Promise<Contest> {
  const { scale, batches } = effort;
  const subject = await lenetOnMnist();
  const cut = ({ count }: LabelledImages) => Math.round(count * scale);
  const bp = await trainee(pool, subject, cut(subject.train), 'bp');
  const fa = await trainee(pool, subject, cut(subject.train), 'fa');
  for (const warming of [bp, fa]) await warming.epoch();
  const own = { bp: [] as number[], fa: [] as number[], bim: [] as number[] };
  const measure = async () => {
    own.bp.push(await bp.epoch());
    own.fa.push(await fa.epoch());
    const images = firstImages(subject.test, cut(subject.test));
    const [{ seconds }] = await benchAttacks(pool, bp.network, images, 1, ['bim']);
    own.bim.push(seconds / scale);
  };
  return {
    own,
    measure,
    peers: {
      PyTorch: () => pytorchLenet5(effort, measure),
      'TensorFlow.js': async () => [await javascriptPeer(tfjs, batches.tfjs)],
      'jax-js': async () => [await javascriptPeer(jaxJs, batches.jaxJs)],
    },
  };
}
