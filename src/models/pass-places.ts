/*
 * Where the numbers of a pass lie. On the way up a layer writes over what is not needed any more; on the way down errors
 * take turns in a few arrays, as each is needed no longer than it takes to send it on. That's half the memory of a deep
 * network.
 */
import type { Batch, Layer, Leaf } from '../layers/layer.js';
import { isBlock } from '../layers/tree.js';
import { type FloatArray, sizeOf } from '../tensor/tensor.js';

/** A layer's input and output, and the loss's gradient with respect to each. */
export interface Places<A extends FloatArray> {
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  readonly dx: Batch<A>;
  readonly dy: Batch<A>;
}

/** A layer and its places; of a block also what comes in and goes out at the lower and upper end of each side. */
export type Placed<A extends FloatArray> =
  | ({ readonly layer: Leaf } & Places<A>)
  | ({
      readonly layer: Layer;
      readonly sides: readonly [Side<A>, Side<A>];
    } & Places<A>);

/** One side of a block: its layers, or its shortcut. */
export interface Side<A extends FloatArray> extends Places<A> {
  readonly layers: readonly Placed<A>[];
}

/** On the way up: what a layer reads and writes, its error still to be placed. */
interface Risen<A extends FloatArray> {
  readonly layer: Layer;
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  readonly sides?: readonly [RisenSide<A>, RisenSide<A>];
}

interface RisenSide<A extends FloatArray> {
  readonly layers: readonly Risen<A>[];
  readonly x: Batch<A>;
  readonly y: Batch<A>;
  /** Whether y must stay as it is: it is x, or what the layer that wrote it reads on the way back. */
  readonly kept: boolean;
}

/** Places layers for up to `capacity` images. */
export class PassPlaces<A extends FloatArray> {
  /** The network's input and output, and the errors at both. */
  readonly whole: Places<A>;
  /** The layers, each in its place. */
  readonly layers: readonly Placed<A>[];
  /** Arrays for errors that none lies in at the moment. */
  private free: A[] = [];
  /** Those that one does. */
  private readonly taken = new Map<Batch<A>, A>();

  /**
   * @param keep gives every layer places of its own, and each side of a block a copy of its input
   */
  constructor(
    layers: readonly Layer[],
    private readonly alloc: (length: number) => A,
    private readonly capacity: number,
    private readonly keep: boolean,
  ) {
    const [x, dx] = [this.batch(layers[0].inputShape), this.batch(layers[0].inputShape)];
    const risen = this.rise(layers, x, true);
    const dy = this.batch(layers[layers.length - 1].outputShape);
    this.layers = this.descend(risen.layers, dy, true, dx).layers;
    this.whole = { x, y: risen.y, dx, dy };
  }

  /** @param bottom whether x is the network's own, which is never y too */
  private rise(layers: readonly Layer[], input: Batch<A>, bottom = false): RisenSide<A> {
    let [x, kept] = [input, true];
    const risen = layers.map((layer, l): Risen<A> => {
      if (isBlock(layer)) {
        const enter = () => (this.keep ? this.batch(layer.inputShape) : x);
        const sides = [this.rise(layer.layers, enter()), this.rise(layer.shortcut, enter())] as const;
        const y = this.keep || sides[0].kept ? this.batch(layer.outputShape) : sides[0].y;
        const block = { layer, x, y, sides };
        [x, kept] = [y, false];
        return block;
      }
      const place = layer.weighted || !('output' in layer) ? 'own' : layer.output;
      const shared = place === 'is-input' ? !(bottom && l === 0) : place === 'over-input' && !kept;
      const y = shared && !this.keep ? x : this.batch(layer.outputShape);
      const leaf = { layer, x, y };
      kept = place === 'over-input' || (place === 'is-input' && kept);
      x = y;
      return leaf;
    });
    return { layers: risen, x: input, y: x, kept };
  }

  /**
   * Places errors, from the top down.
   *
   * @param above the error at the output
   * @param held whether that is needed again later
   * @param lowest where the error at the input is to lie, if not anywhere
   */
  private descend(
    risen: readonly Risen<A>[],
    above: Batch<A>,
    held: boolean,
    lowest?: Batch<A>,
  ): { readonly layers: readonly Placed<A>[]; readonly dx: Batch<A> } {
    let [dy, stays] = [above, held];
    const placed = risen.toReversed().map((node, l): Placed<A> => {
      const own = l === risen.length - 1 ? lowest : undefined;
      const done = node.sides
        ? this.descendBlock(node, node.sides, dy, stays, own)
        : this.descendLeaf(node, dy, stays, own);
      if (done.dx !== dy) stays = false;
      dy = done.dx;
      return done;
    });
    return { layers: placed.reverse(), dx: dy };
  }

  private descendLeaf({ layer, x, y }: Risen<A>, dy: Batch<A>, held: boolean, own?: Batch<A>): Placed<A> {
    if (y === x && !held) return { layer: layer as Leaf, x, y, dx: dy, dy };
    const dx = own ?? this.take(layer.inputShape);
    if (!held) this.give(dy);
    return { layer: layer as Leaf, x, y, dx, dy };
  }

  /** The shortcut's error is sent first, and stays until that of the layers has come down and they are added. */
  private descendBlock(
    { layer, x, y }: Risen<A>,
    [inner, shortcut]: readonly [RisenSide<A>, RisenSide<A>],
    dy: Batch<A>,
    held: boolean,
    own?: Batch<A>,
  ): Placed<A> {
    const right = this.descend(shortcut.layers, dy, true);
    const straight = right.dx === dy;
    const left = this.descend(inner.layers, dy, held || straight);
    const dx = own ?? (this.keep ? this.take(layer.inputShape) : left.dx);
    if (dx !== left.dx) this.give(left.dx);
    if (!(straight && held)) this.give(right.dx);
    const side = ({ x: from, y: to }: RisenSide<A>, down: typeof left): Side<A> => ({ x: from, y: to, dy, ...down });
    return { layer, x, y, dx, dy, sides: [side(inner, left), side(shortcut, right)] };
  }

  private batch(shape: readonly number[]): Batch<A> {
    return this.batchOver(this.alloc(this.capacity * sizeOf(shape)), shape);
  }

  private batchOver(array: A, shape: readonly number[]): Batch<A> {
    const { capacity } = this;
    const size = sizeOf(shape);
    const data = array.subarray(0, capacity * size) as A;
    const images = Array.from({ length: capacity }, (_, i) => data.subarray(i * size, (i + 1) * size) as A);
    return { data, images, size };
  }

  /** A place for an error. */
  private take(shape: readonly number[]): Batch<A> {
    if (this.keep) return this.batch(shape);
    const needed = this.capacity * sizeOf(shape);
    const fitting = this.free.filter(({ length }) => length >= needed).sort((a, b) => a.length - b.length);
    const array = fitting[0] ?? this.alloc(needed);
    this.free = this.free.filter((each) => each !== array);
    const batch = this.batchOver(array, shape);
    this.taken.set(batch, array);
    return batch;
  }

  /** Says that an error is not needed any more. */
  private give(batch: Batch<A>): void {
    const array = this.taken.get(batch);
    if (!array) return;
    this.taken.delete(batch);
    this.free.push(array);
  }
}
