/* A mini-batch's pieces, and the images in them. */
import type { Batch } from '../layers/layer.js';
import { type LabelledImages, loadImage } from '../tensor/images.js';
import { stream } from '../tensor/random.js';
import { sizeOf } from '../tensor/tensor.js';
import { augment } from './augment.js';
import type { TrainingOptions } from './options.js';

/**
 * Images in a shard: the piece of a mini-batch whose gradient one thread computes on its own. Part of the result, not
 * a matter of speed alone: it fixes the order in which gradients are added.
 */
export const SHARD_SIZE = 8;

/** Images as training meets them. */
export class ImageLoader {
  /** One image before its augmentation. */
  private readonly plainImage: Float32Array;

  /** @param shape `[C, H, W]` */
  constructor(
    private readonly images: LabelledImages,
    private readonly shape: readonly number[],
    private readonly options: Pick<TrainingOptions, 'augment' | 'seed'>,
  ) {
    this.plainImage = new Float32Array(sizeOf(shape));
  }

  /** Writes image `index` of the set, as an epoch meets it, to a place of a batch. */
  load(epoch: number, index: number, batch: Batch<Float32Array>, place: number): void {
    const { images, shape, options, plainImage } = this;
    if (!options.augment) {
      loadImage(images, index, batch.data, place);
      return;
    }
    const random = stream(options.seed).split('augment').split(epoch).split(index);
    loadImage(images, index, plainImage, 0);
    augment(plainImage, batch.images[place], shape, random);
  }
}
