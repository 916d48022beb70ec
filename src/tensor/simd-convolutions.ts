import type { Window } from './im2col.js';
import type { Convolution, Kernels } from './kernels.js';

/** The exports of assembly/index.ts for convolutions. */
export type ConvolutionExports = Record<
  | 'setWindow'
  | 'convForward'
  | 'convBackwardInput'
  | 'convBackwardWeights'
  | 'winogradForward'
  | 'winogradBackwardInput'
  | 'winogradBackwardWeights',
  Call
> & {
  /** Returns the address of the scratch memory's end. */
  setTiles(scratch: number, ...parameters: (number | boolean)[]): number;
};

type Call = (...parameters: number[]) => void;
type Pass = keyof Convolution<Float32Array>;

/**
 * Returns the direct convolution and Winograd's.
 *
 * @param at returns the address of an array, after checking that it holds at least `needed` numbers
 * @param scratchOf returns the address of scratch memory for at least `needed` numbers; the memory grows if necessary
 */
export function convolutionsOver(
  wasm: ConvolutionExports,
  at: (array: Float32Array, needed: number) => number,
  scratchOf: (needed: number) => number,
): Pick<Kernels<Float32Array>, 'convolution' | 'winograd'> {
  /** Prepares a direct convolution with `outputs` output channels. */
  function setWindow(_: Pass, window: Window, outputs: number): void {
    const { channels, height, width, kernel, stride, padding, outHeight, outWidth } = window;
    const places = outHeight * outWidth;
    const packed = channels * (height + 2 * padding) * (width + 2 * padding) + outputs * (places + 2);
    const filters = 4 * outputs * kernel * Math.ceil((kernel * channels) / 4);
    const few = places + 3 + 64 + outputs + 1 + 2 * (outputs * places + 3) + filters;
    const needed = places + tapsOf(window) + 4 * packed + few;
    wasm.setWindow(scratchOf(needed), outputs, channels, height, width, kernel, stride, padding, outHeight, outWidth);
  }

  /**
   * Prepares a convolution of Winograd's. The backward pass to the input is a convolution of dy, so the window's output
   * and input change places.
   */
  function setTiles(pass: Pass, { channels, height, width, padding, outHeight, outWidth }: Window, outputs: number) {
    const prepare = (scratch: number) =>
      pass === 'backwardInput'
        ? wasm.setTiles(scratch, outputs, outHeight, outWidth, 2 - padding, channels, height, width, false)
        : wasm.setTiles(scratch, channels, height, width, padding, outputs, outHeight, outWidth, pass !== 'forward');
    prepare(scratchOf(prepare(0) / 4));
  }

  /** Returns the three passes; each checks its arrays and prepares the window first. */
  const convolution = (prepare: typeof setWindow, passes: Readonly<Record<Pass, Call>>): Convolution<Float32Array> => ({
    forward(x, weight, bias, y, n, window) {
      const outputs = bias.length;
      prepare('forward', window, outputs);
      const from = at(x, n * imageSize(window));
      const to = at(y, n * outputs * placesOf(window));
      passes.forward(from, at(weight, outputs * tapsOf(window)), at(bias, outputs), to, n);
    },
    backwardInput(dy, carrier, dx, n, window) {
      const outputs = carrier.length / tapsOf(window);
      prepare('backwardInput', window, outputs);
      const from = at(dy, n * outputs * placesOf(window));
      passes.backwardInput(from, at(carrier, carrier.length), at(dx, n * imageSize(window)), n);
    },
    backwardWeights(x, dy, dw, db, n, window) {
      const outputs = db.length;
      prepare('backwardWeights', window, outputs);
      const pixels = at(x, n * imageSize(window));
      const errors = at(dy, n * outputs * placesOf(window));
      passes.backwardWeights(pixels, errors, at(dw, outputs * tapsOf(window)), at(db, outputs), n);
    },
  });

  return {
    convolution: convolution(setWindow, {
      forward: wasm.convForward,
      backwardInput: wasm.convBackwardInput,
      backwardWeights: wasm.convBackwardWeights,
    }),
    winograd: convolution(setTiles, {
      forward: wasm.winogradForward,
      backwardInput: wasm.winogradBackwardInput,
      backwardWeights: wasm.winogradBackwardWeights,
    }),
  };
}

const imageSize = ({ channels, height, width }: Window): number => channels * height * width;

/** C·K·K */
const tapsOf = ({ channels, kernel }: Window): number => channels * kernel * kernel;

/** OH·OW */
const placesOf = ({ outHeight, outWidth }: Window): number => outHeight * outWidth;
