/* The numbers of a trace as an equation writes them: each with its name. */
import { type FloatArray, sizeOf } from '../tensor/tensor.js';
import type { Descent, LayerTrace, Trace } from './trace.js';
import { indexOf, nameOf, shapeOf, valuesOf, type Way } from './trace-place.js';

export interface Factor {
  /** Such as `conv1.x[0,9,9]`. */
  readonly name: string;
  readonly value: number;
}

export const ONE: Factor = { name: '', value: 1 };

/** Names a layer's numbers and looks them up. */
export class Names {
  private readonly descent: Descent<FloatArray>;
  constructor(
    readonly trace: Trace,
    readonly layer: LayerTrace,
    private readonly way: Way,
  ) {
    this.descent = layer[way];
    const fed = trace.usesFeedback && this.descent !== layer.exact;
    this.carrierName = this.descent === layer.exact ? 'weight' : fed ? 'feedback' : 'carrier';
  }
  /** What the carrier is called: W itself, B, or what the rule made for the occasion. */
  readonly carrierName: string;

  input = (at: number): Factor => this.factor('x', this.layer.inputShape, this.layer.x, at);
  error = (at: number): Factor => this.factor('dy', this.layer.outputShape, this.descent.dy, at);
  weight = (at: number): Factor => this.factor('weight', this.weights.shape, this.weights.weight, at);
  carrier = (at: number): Factor => this.factor(this.carrierName, this.weights.shape, this.carriers, at);
  bias = (at: number): Factor => this.factor('bias', [this.weights.bias.length], this.weights.bias, at);
  /** B of a rule that sends straight from the output: the weight from class c. */
  directly = (c: number, at: number): Factor => ({
    name: nameOf(this.layer, 'feedback', [c, at]),
    value: this.direct?.weights[c * sizeOf(this.layer.inputShape) + at] ?? Number.NaN,
  });
  outputError = (c: number): Factor => ({ name: `dLoss/dz[${c}]`, value: this.trace.dlogits[c] });
  target = (c: number): Factor => ({ name: `y*[${c}]`, value: c === this.trace.label ? 1 : 0 });
  slope = (at: number): Factor => ({ name: '∂y/∂x', value: this.layer.slope?.[at] ?? Number.NaN });
  /** x̂ of a normalising layer. */
  normalized = (at: number, c: number): Factor => {
    const { mean = [], deviation = [] } = this.layer.normalization ?? {};
    return {
      name: `x̂[${indexOf(at, this.layer.inputShape).join(',')}]`,
      value: (this.layer.x[at] - mean[c]) / deviation[c],
    };
  };
  /** What the sides of a block put out, or the errors that they send below them. */
  ofSides = (end: 'y' | 'dx', at: number): Factor[] =>
    (this.layer.sides ?? []).map((side) => {
      const whole = { y: 'x', dx: 'dy' } as const; // of a side without layers
      const layer = this.trace.layers[end === 'y' ? (side.at(-1) ?? -1) : (side[0] ?? -1)] ?? this.layer;
      const tensor = side.length > 0 ? end : whole[end];
      const shape = shapeOf(layer, tensor) ?? [];
      return { name: nameOf(layer, tensor, indexOf(at, shape)), value: valuesOf(layer, tensor, this.way)[at] };
    });
  term = (left: Factor, right: Factor) => ({ left, right });

  get direct() {
    return this.descent.direct;
  }
  get carriers(): FloatArray {
    return this.descent.carrier ?? new Float64Array();
  }
  get weights(): { shape: readonly number[]; weight: FloatArray; bias: FloatArray } {
    return this.layer.weights ?? { shape: [], weight: new Float64Array(), bias: new Float64Array() };
  }

  private factor(tensor: string, shape: readonly number[], values: FloatArray, at: number): Factor {
    return { name: nameOf(this.layer, tensor, indexOf(at, shape)), value: values[at] };
  }
}
