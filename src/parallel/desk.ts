import { type AttackTable, attackTable } from '../metrics/adversarial-accuracy.js';
import { buildLayers } from '../models/index.js';
import { Network } from '../models/network.js';
import { rules } from '../rules/index.js';
import type { Kernels } from '../tensor/kernels.js';
import { sizeOf } from '../tensor/tensor.js';
import { Trainer } from '../training/train.js';
import type { SharedNetwork, TrainJob } from './messages.js';

/** The state of a worker between tasks: its networks with their activations, and the memory of its attacks. */
export class Desk {
  private readonly networks = new Map<string, Network<Float32Array>>();
  private readonly trainers = new Map<number, Trainer>();
  private readonly tables = new Map<number, AttackTable>();

  constructor(private readonly kernels: Kernels<Float32Array>) {}

  /**
   * Returns the network over shared parameters, the same object each time. The key holds the addresses of its weights
   * and its specification: freed memory may hold another network later.
   */
  network({ spec, rule, values, feedback, initializer }: SharedNetwork): Network<Float32Array> {
    const key = JSON.stringify([values.byteOffset, feedback.byteOffset, rule, spec, initializer]);
    let network = this.networks.get(key);
    if (!network) {
      network = new Network(buildLayers(spec), rules[rule], this.kernels, { values, feedback, initializer });
      this.networks.set(key, network);
    }
    return network;
  }

  /** Returns the trainer of one training run; trainings at the same time have one each. */
  trainer({ run, network, images, options, memory, epoch }: TrainJob): Trainer {
    const trainer = this.trainers.get(run) ?? new Trainer(this.network(network), images, options, memory);
    if (epoch + 1 < options.epochs) this.trainers.set(run, trainer);
    else this.trainers.delete(run);
    return trainer;
  }

  /** Returns the memory for attacks on chunks of a network's images. */
  attacking({ inputShape }: Network<Float32Array>): AttackTable {
    const size = sizeOf(inputShape);
    const table = this.tables.get(size) ?? attackTable(this.kernels, size);
    this.tables.set(size, table);
    return table;
  }
}
