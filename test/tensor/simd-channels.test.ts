import { test } from 'tap';
import { absolute, close, type Dice, forAll, place, plain, same, sameBits, simd, U } from './twins.js';

/** Planes of a few channels, and what goes with each channel. */
function channelsOf(dice: Dice) {
  const [images, channels, size] = [dice.size(1, 4), dice.size(1, 5), dice.size(1, 40)];
  const planes = images * channels;
  const vector = () => dice.pair(dice.numbers(channels));
  return { images, channels, size, planes, x: dice.pair(dice.numbers(planes * size)), vector };
}

test('mean and variance are those of the plain twin, up to the rounding of their sums', async () => {
  forAll(200, (dice) => {
    const { images, channels, planes, size, x, vector } = channelsOf(dice);
    const [mean, variance] = [vector(), vector()];
    plain.channelMoments(x.plain, mean.plain, variance.plain, planes, size);
    simd.channelMoments(x.simd, mean.simd, variance.simd, planes, size);
    const most = 8 * (images * size + 4) * U * Math.max(1, ...absolute(x.plain)) ** 2;
    close(mean.simd, mean.plain, () => most);
    close(variance.simd, variance.plain, () => most);
    if (channels > 0 && variance.simd.some((value) => value < 0)) throw new Error('a variance is below 0');
  });
});

test('scaling and shifting agree with the plain twin in all but the last digits, forward and backward', async () => {
  forAll(200, (dice) => {
    const { channels, planes, size, x, vector } = channelsOf(dice);
    const [mean, factor, shift, slope] = [vector(), vector(), vector(), vector()];
    const [y, dy, dx] = [dice.pair(x.plain), dice.pair(dice.numbers(x.plain.length)), dice.pair(x.plain)];
    const sizes = [x, mean, factor, shift, slope, dy].map(({ plain }) => Math.max(1, ...absolute(plain)));
    const bound = () => 16 * U * sizes.reduce((product, each) => product * (1 + each), 1);
    plain.channelAffine(x.plain, y.plain, mean.plain, factor.plain, shift.plain, planes, size);
    simd.channelAffine(x.simd, y.simd, mean.simd, factor.simd, shift.simd, planes, size);
    close(y.simd, y.plain, bound);
    for (const kernels of ['plain', 'simd'] as const) {
      const [f, s, o, m] = [factor[kernels], slope[kernels], shift[kernels], mean[kernels]];
      const { channelAffineBackward } = { plain, simd }[kernels];
      channelAffineBackward(x[kernels], m, dy[kernels], dx[kernels], o, s, f, planes, size);
    }
    close(dx.simd, dx.plain, bound);
    // Onto its own input.
    simd.channelAffineBackward(x.simd, mean.simd, dy.simd, dy.simd, shift.simd, slope.simd, factor.simd, planes, size);
    same(dy.simd, dx.simd);
    if (channels === 0) throw new Error('there are no channels');
  });
});

test('a channel’s sums agree with the plain twin up to the rounding of so many numbers', async () => {
  forAll(200, (dice) => {
    const { images, planes, size, x, vector } = channelsOf(dice);
    const [mean, sums, products] = [vector(), vector(), vector()];
    const dy = dice.pair(dice.numbers(x.plain.length));
    plain.channelProducts(x.plain, mean.plain, dy.plain, sums.plain, products.plain, planes, size);
    simd.channelProducts(x.simd, mean.simd, dy.simd, sums.simd, products.simd, planes, size);
    const largest = (values: Float32Array) => Math.max(1, ...absolute(values));
    const spread = largest(x.plain) + largest(mean.plain);
    const most = 2 * (images * size + 4) * U * images * size * largest(dy.plain) * spread;
    close(sums.simd, sums.plain, () => most);
    close(products.simd, products.plain, () => most);
  });
});

test('a channel’s numbers don’t depend on how many channels stand beside it', async () => {
  forAll(100, (dice) => {
    const { channels, images, size } = channelsOf(dice);
    const numbers = Array.from({ length: channels * images }, () => dice.numbers(size));
    const moments = (which: readonly number[]) => {
      const planes = Array.from({ length: images }, (_, i) => which.map((c) => numbers[i * channels + c])).flat();
      const x = dice.pair(planes.flatMap((plane) => [...plane])).simd;
      const [mean, variance] = [dice.pair(which).simd, dice.pair(which).simd];
      simd.channelMoments(x, mean, variance, planes.length, size);
      return Float32Array.of(mean[which.length - 1], variance[which.length - 1]);
    };
    sameBits(moments([channels - 1]), moments(Array.from({ length: channels }, (_, c) => c)));
  });
});

test('mean and variance of two channels in two images, worked by hand', async (t) => {
  const x = [1, 3, 10, 10, 5, 7, 10, 14];
  for (const { kernels, filled } of [
    { kernels: plain, filled: (values: number[]) => Float32Array.from(values) },
    { kernels: simd, filled: (values: number[]) => place(values) },
  ]) {
    const [mean, variance, sums, products] = [1, 2, 3, 4].map(() => filled([0, 0]));
    kernels.channelMoments(filled(x), mean, variance, 4, 2);
    t.same([...mean, ...variance], [4, 11, 5, 3]);
    kernels.channelProducts(filled(x), mean, filled([1, 0, 0, 2, 0, 1, 1, 1]), sums, products, 4, 2);
    t.same([...sums, ...products], [2, 4, -3 + 3, 2 * -1 - 1 + 3]);
  }
});
