import { activation } from '../layers/activation.js';
import { avgPool } from '../layers/avg-pool.js';
import { batchNorm } from '../layers/batch-norm.js';
import { conv2d } from '../layers/conv2d.js';
import { flatten } from '../layers/flatten.js';
import type { Layer } from '../layers/layer.js';
import { linear } from '../layers/linear.js';
import { normalize } from '../layers/normalize.js';
import { residual } from '../layers/residual.js';
import { widen } from '../layers/widen.js';
import { activations, checkModelOptions, type ModelOptions, stack } from './lenet.js';

/** Maps in each third of the blocks; the second and third begin by halving the maps' sides. */
const WIDTHS = [16, 32, 64] as const;

/**
 * A residual network for small images (He et al. 2016, section 4.2): a 3×3 convolution, then blocks of two, 6n + 2
 * weighted layers in all; convolutions without biases, each followed by batch normalisation; shortcuts without weights
 * (option A: every other pixel, and zeros in the new maps); each map's average, and a linear layer. Convolutions of
 * stride 1 are computed by Winograd's minimal filtering, which rounds otherwise than the direct way: the model's name
 * says so, and no option changes it.
 *
 * @param blocks n, in each third
 * @throws {ShapeError | RangeError | TypeError} if an option is unusable
 */
function resnet(where: string, options: ModelOptions, blocks: number): Layer[] {
  checkModelOptions(where, 'options', options);
  const { inputShape, classes, mean, std, activation: name } = options;
  const { phi } = activations[name];
  const convolution = (at: string, number: number, outputs: number, stride = 1) => [
    (shape: readonly number[]) =>
      conv2d(`${at}conv${number}`, shape, {
        ...{ outputs, kernel: 3, stride, padding: 1, bias: false },
        algorithm: stride === 1 ? 'winograd' : 'direct',
      }),
    (shape: readonly number[]) => batchNorm(`${at}bn${number}`, shape),
  ];
  const phiAt = (at: string) => (shape: readonly number[]) => activation(at, shape, phi);
  const block = (number: number, outputs: number, stride: number) => {
    const at = `block${number}.`;
    const inner = [...convolution(at, 1, outputs, stride), phiAt(`${at}${name}1`), ...convolution(at, 2, outputs)];
    return [
      (shape: readonly number[]) => {
        const shortcut = stride > 1 ? [widen(`${at}shortcut`, shape, { outputs, stride })] : [];
        return residual(`block${number}`, stack(shape, inner), shortcut);
      },
      phiAt(`${at}${name}2`),
    ];
  };
  return stack(inputShape, [
    (shape) => normalize('normalize', shape, { mean, std }),
    ...convolution('', 1, WIDTHS[0]),
    phiAt(`${name}1`),
    ...WIDTHS.flatMap((outputs, third) =>
      Array.from({ length: blocks }, (_, b) =>
        block(third * blocks + b + 1, outputs, third > 0 && b === 0 ? 2 : 1),
      ).flat(),
    ),
    (shape) => avgPool('average', shape, { kernel: shape[1] }),
    (shape) => flatten('flatten', shape),
    (shape) => linear('fc', shape, { outputs: classes }),
  ]);
}

export const resnet8 = (options: ModelOptions): Layer[] => resnet('resnet8', options, 1);
export const resnet14 = (options: ModelOptions): Layer[] => resnet('resnet14', options, 2);
export const resnet20 = (options: ModelOptions): Layer[] => resnet('resnet20', options, 3);
export const resnet32 = (options: ModelOptions): Layer[] => resnet('resnet32', options, 5);
