/* A number of a trace held against the difference quotient of the loss, in float64. */
import * as check from '../check.js';
import type { Loss } from '../losses/loss.js';
import { backprop } from '../rules/backprop.js';
import { float64Kernels } from '../tensor/reference.js';
import { checkHeld } from '../tensor/released.js';
import type { FloatArray } from '../tensor/tensor.js';
import { view } from './parameters.js';
import type { Runnable } from './stages.js';
import { checkTraced } from './trace.js';
import { checkPlace, type Place } from './trace-place.js';
import { Workspace } from './workspace.js';

/** Half of the central difference. */
const STEP = 1e-6;

/**
 * (J(v + h) − J(v − h)) / 2h, where v is what the loss J is differentiated by at a place: a weight or bias for their
 * gradients, an input of a layer for `x` and `dx`, an output for `y` and `dy`. In float64, h = 1e-6, on a copy of the
 * network's weights as they are now: it knows of no rule.
 */
export class DifferenceQuotients {
  private readonly workspace: Workspace<Float64Array>;
  private readonly values: Float64Array;
  /** The network's own. */
  private readonly original: FloatArray;

  /** @throws {TypeError} if there is no network */
  constructor(
    private readonly network: Pick<Runnable<FloatArray>, 'layers' | 'layout' | 'inputShape' | 'classes' | 'parameters'>,
  ) {
    const fields = { layers: 'object', layout: 'object', inputShape: 'object', parameters: 'object' } as const;
    check.object('DifferenceQuotients', 'network', network, 'a network (createNetwork makes one)', fields);
    const { layers, layout, inputShape, classes, parameters } = network;
    const kernels = float64Kernels();
    this.original = parameters.values;
    this.values = kernels.alloc(this.original.length);
    const twin: Runnable<Float64Array> = {
      layers,
      layout,
      inputShape,
      classes,
      kernels,
      rule: backprop,
      parameters: { values: this.values, feedback: new Float64Array(layout.feedbackCount) },
    };
    this.workspace = new Workspace(twin, 1, true);
  }

  /**
   * @param image `[C, H, W]` in [0, 1], the traced one
   * @throws {ShapeError | RangeError | TypeError} if there is no such place, or another argument is unusable
   * @throws {Error} if the network was released
   */
  at(place: Place, image: FloatArray, label: number, loss: Loss): number {
    const { workspace, network, original } = this;
    checkHeld('at', 'the network', original);
    const { layerMemory: memory } = workspace;
    checkTraced('at', network, image, label, loss);
    checkPlace('at', place, memory.length);
    const { layer, tensor, offset } = place;
    this.values.set(original);
    workspace.input.data.set(image);
    workspace.forward(1);
    const labels = Uint16Array.of(label);
    const here = memory[layer];
    const isOutput = tensor === 'y' || tensor === 'dy';
    const isParameter = tensor === 'weight' || tensor === 'bias';
    const moved = isParameter
      ? view(this.values, network.layout.slots, `${here.layer.name}.${tensor}`)
      : here.buffers[isOutput ? 'y' : 'x'].data;
    const from = isOutput ? here.last + 1 : here.first;
    const before = moved[offset];
    const lossAt = (value: number) => {
      moved[offset] = value;
      workspace.forwardFrom(from, 1);
      workspace.evaluateLoss(loss, labels, 1);
      return workspace.losses[0];
    };
    const quotient = (lossAt(before + STEP) - lossAt(before - STEP)) / (2 * STEP);
    moved[offset] = before;
    return quotient;
  }
}
