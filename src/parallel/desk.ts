import { type AttackTable, attackTable } from '../metrics/adversarial-accuracy.js';
import { buildLayers } from '../models/index.js';
import { Network } from '../models/network.js';
import { rules } from '../rules/index.js';
import type { Kernels } from '../tensor/kernels.js';
import { sizeOf } from '../tensor/tensor.js';
import { Trainer } from '../training/train.js';
import type { SharedNetwork, TrainJob } from './messages.js';

/** What a worker keeps between tasks: networks with their activations, and the memory of attacks. */
export class Desk {
  private readonly networks = new Map<number, Network<Float32Array>>();
  private training: { readonly run: number; readonly trainer: Trainer } | undefined;
  private table: AttackTable | undefined;

  constructor(private readonly kernels: Kernels<Float32Array>) {}

  /** The network over the shared parameters: the same object each time, told apart by where its weights lie. */
  network({ spec, rule, values, feedback }: SharedNetwork): Network<Float32Array> {
    let network = this.networks.get(values.byteOffset);
    if (!network) {
      network = new Network(buildLayers(spec), rules[rule], this.kernels, { values, feedback });
      this.networks.set(values.byteOffset, network);
    }
    return network;
  }

  trainer({ run, network, images, options, memory }: TrainJob): Trainer {
    if (this.training?.run !== run) {
      this.training = { run, trainer: new Trainer(this.network(network), images, options, memory) };
    }
    return this.training.trainer;
  }

  /** Memory for attacking chunks of a network's images. */
  attacking({ inputShape }: Network<Float32Array>): AttackTable {
    const size = sizeOf(inputShape);
    if (this.table?.memory.size !== size) this.table = attackTable(this.kernels, size);
    return this.table;
  }
}
