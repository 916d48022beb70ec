import { ShapeError } from '../errors.js';
import { margin } from '../losses/margin.js';
import type { RandomStream } from '../tensor/random.js';
import { type Attack, type AttackMemory, type AttackTarget, oracleOf, randomOf } from './attack.js';
import { clip } from './random-start.js';
import { WorkingSet } from './working-set.js';

const QUERIES = 5000;
/** The share of pixels that the first squares cover. */
const FIRST_SHARE = 0.8;
/** After each of these queries, of 10,000, the share is halved. */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/**
 * Square attack (Andriushchenko et al. 2020, Algorithms 1 and 2, L∞), by random search: the image starts with vertical
 * stripes of ±ε; then a random square of it is set to ±ε, and kept if that raised the loss. The squares shrink by the
 * paper's schedule, stretched to the number of queries (5,000 by default, as in AutoAttack).
 *
 * It asks for no gradient, so that no gradient misleads it. The loss is the oracle's: the paper's is the margin. An
 * image leaves as soon as it is fooled, and is never shown to the network more than `queries` times.
 */
export const square: Attack<'queries'> = {
  title: 'square attack: random search, no gradient',
  label: 'Square',
  needs: 'queries',
  most: ({ queries = QUERIES }) => ({ gradients: 0, forwards: queries }),
  maximises: () => margin,
  run(target, options, memory, adversarial) {
    const { epsilon, queries = QUERIES } = options;
    const [channels, height, width] = imageShape(target, memory);
    const oracle = oracleOf(target, square);
    const { x, clean, labels, index, size } = memory;
    const candidate = memory.direction;
    const best = new Float64Array(memory.capacity);
    const randoms = Array.from({ length: target.n }, (_, i) => randomOf(target, i, square));
    const set = new WorkingSet(memory, [{ data: best, size: 1 }]);
    set.fill(target);
    memory.queries.fill(0, 0, target.n);
    best.fill(Number.NEGATIVE_INFINITY);

    for (let query = 0; query < queries && set.n > 0; query++) {
      const side = query === 0 ? 0 : squareSide(query, queries, height, width);
      candidate.set(x.subarray(0, set.n * size));
      for (let i = 0; i < set.n; i++) {
        const random = randoms[index[i]];
        const image = { candidate, clean, offset: i * size, channels, height, width };
        if (query === 0) paintStripes(image, epsilon, random);
        else paintSquare(image, epsilon, side, random);
      }
      oracle.query(candidate, labels, set.n);
      const predictions = oracle.predictions(set.n);
      for (let i = set.n - 1; i >= 0; i--) {
        memory.queries[index[i]]++;
        const fooled = predictions[i] !== labels[i];
        if (fooled || oracle.losses[i] > best[i]) {
          best[i] = oracle.losses[i];
          x.set(candidate.subarray(i * size, (i + 1) * size), i * size);
        }
        if (!fooled) continue;
        set.save(x, i, adversarial);
        set.remove(i);
      }
    }
    for (let i = 0; i < set.n; i++) set.save(x, i, adversarial);
  },
};

/** @throws {ShapeError} if the target doesn't tell rows from columns */
function imageShape({ shape }: AttackTarget, { size }: AttackMemory): readonly number[] {
  if (shape?.length === 3 && shape[0] * shape[1] * shape[2] === size) return shape;
  throw new ShapeError(
    `${square.label} needs the images' shape [C, H, W]: give the target one that holds ${size} numbers`,
  );
}

/** The side of the squares at a query, counted from 0 for the stripes. */
export function squareSide(query: number, queries: number, height: number, width: number): number {
  const scaled = Math.floor((query / queries) * 10000);
  const share = FIRST_SHARE / 2 ** HALVINGS.filter((after) => scaled > after).length;
  const side = Math.max(1, Math.round(Math.sqrt(share * height * width)));
  return Math.min(side, height, width);
}

/** An image inside a batch of candidates, and its clean twin. */
interface Canvas {
  readonly candidate: Float32Array;
  readonly clean: Float32Array;
  readonly offset: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Each column of each channel is moved by +ε or −ε. */
function paintStripes(
  { candidate, clean, offset, channels, height, width }: Canvas,
  epsilon: number,
  random: RandomStream,
): void {
  for (let c = 0; c < channels; c++) {
    for (let column = 0; column < width; column++) {
      const change = random.integer(0, 1) ? epsilon : -epsilon;
      const end = offset + (c + 1) * height * width;
      for (let p = offset + c * height * width + column; p < end; p += width) candidate[p] = clip(clean[p] + change);
    }
  }
}

/**
 * One square at a random place, moved in each channel by +ε or −ε from the clean image: what adding ±2ε and projecting
 * to the ε-ball comes to.
 */
function paintSquare(
  { candidate, clean, offset, channels, height, width }: Canvas,
  epsilon: number,
  side: number,
  random: RandomStream,
): void {
  const top = random.integer(0, height - side);
  const left = random.integer(0, width - side);
  for (let c = 0; c < channels; c++) {
    const change = random.integer(0, 1) ? epsilon : -epsilon;
    for (let row = top; row < top + side; row++) {
      const from = offset + (c * height + row) * width + left;
      for (let p = from; p < from + side; p++) candidate[p] = clip(clean[p] + change);
    }
  }
}
