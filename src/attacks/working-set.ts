import type { ClassIndices } from '../tensor/class-indices.js';
import type { AttackMemory, AttackTarget } from './attack.js';

/** Something with one entry, or `size` entries, for each image of a working set. */
export interface Column {
  readonly data: Float32Array | Float64Array | Int32Array | ClassIndices;
  readonly size: number;
}

/**
 * The images of a batch that an attack still works on. They lie packed at the front of `memory.x`, `clean`, `labels`
 * and `index`, and of any further columns the attack keeps, so that the network is shown them and no others.
 */
export class WorkingSet {
  /** How many images it holds. */
  n = 0;
  private readonly columns: readonly Column[];

  /** @param others further columns that move along when an image is taken out */
  constructor(
    private readonly memory: AttackMemory,
    others: readonly Column[] = [],
  ) {
    const { x, clean, labels, index, size } = memory;
    this.columns = [
      { data: x, size },
      { data: clean, size },
      { data: labels, size: 1 },
      { data: index, size: 1 },
      ...others,
    ];
  }

  /** Takes in the target's images, those alone for which `wanted` is true; `x` begins as the clean image. */
  fill({ images, labels, n }: AttackTarget, wanted: (i: number) => boolean = () => true): void {
    const { x, clean, size, labels: ownLabels, index } = this.memory;
    this.n = 0;
    for (let i = 0; i < n; i++) {
      if (!wanted(i)) continue;
      const image = images.subarray(i * size, (i + 1) * size);
      x.set(image, this.n * size);
      clean.set(image, this.n * size);
      ownLabels[this.n] = labels[i];
      index[this.n] = i;
      this.n++;
    }
  }

  /** Takes the image at `place` out: the last one moves into its place. Go through the places from the last to the first. */
  remove(place: number): void {
    this.n--;
    for (const { data, size } of this.columns) data.copyWithin(place * size, this.n * size, (this.n + 1) * size);
  }

  /** Writes the image at `place` of `images` where it stands in the caller's batch. */
  save(images: Float32Array, place: number, adversarial: Float32Array): void {
    const { index, size } = this.memory;
    adversarial.set(images.subarray(place * size, (place + 1) * size), index[place] * size);
  }
}
