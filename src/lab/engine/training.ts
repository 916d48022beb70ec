/* A network's training, in pieces short enough for its worker to look at its messages in between. */
import {
  defaultTraining,
  freeTrainingMemory,
  type LabelledImages,
  type Network,
  SHARD_SIZE,
  solo,
  Trainer,
  type TrainingMemory,
  type TrainingOptions,
  trainingMemory,
} from '../../core.js';
import { BATCH_SIZE, EPOCHS } from '../plans.js';
import type { Progress, Settings } from './answers.js';

export class Training {
  private readonly options: TrainingOptions;
  private readonly memory: TrainingMemory;
  private steps: Generator<void, { loss: number }, void> | undefined;
  /** Mini-batches done. */
  private step = 0;

  constructor(
    private readonly network: Network<Float32Array>,
    private readonly images: LabelledImages,
    { optimizer, learningRate, warmupEpochs, decoupledDecay, seed }: Settings,
  ) {
    this.options = {
      ...defaultTraining,
      ...{ epochs: EPOCHS, batchSize: BATCH_SIZE, optimizer, learningRate, warmupEpochs, decoupledDecay, seed },
    };
    this.memory = trainingMemory(network, this.options);
  }

  /** Trains on to a step, or for so many milliseconds: whichever comes first. */
  advance(until: number, budget: number): Progress {
    const { memory, images: all } = this;
    const started = performance.now();
    const perEpoch = Math.ceil(all.count / BATCH_SIZE);
    let [loss, correct, images] = [0, 0, 0];
    while (this.step < until && (images === 0 || performance.now() - started < budget)) {
      const batch = this.step % perEpoch;
      if (batch === 0 || !this.steps) this.steps = this.epoch(Math.floor(this.step / perEpoch));
      if (this.steps.next().done) return { step: this.step, loss: Number.NaN, accuracy: 0, images, seconds: 0 };
      const size = Math.min(BATCH_SIZE, all.count - batch * BATCH_SIZE);
      for (let s = 0; s < Math.ceil(size / SHARD_SIZE); s++) {
        loss += memory.shardLosses[s];
        correct += memory.shardCorrect[s];
      }
      images += size;
      this.step++;
    }
    const seconds = (performance.now() - started) / 1000;
    return { step: this.step, loss: loss / images, accuracy: correct / images, images, seconds };
  }

  /** Gives back what a step works with. */
  release(): void {
    freeTrainingMemory(this.network.kernels, this.memory);
  }

  private epoch(epoch: number): Generator<void, { loss: number }, void> {
    return new Trainer(this.network, this.images, this.options, this.memory).steps(epoch, solo());
  }
}
