/** How many labels there are of each class. */
export function countPerClass(labels: Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

/** Mean and standard deviation of each channel over all pixels `[N, C, H, W]`, with pixels taken as 0..1. */
export function pixelStatistics(pixels: Uint8Array, [channels, height, width]: readonly [number, number, number]) {
  const plane = height * width;
  const sum = new Array<number>(channels).fill(0);
  const sumOfSquares = new Array<number>(channels).fill(0);
  for (let start = 0; start < pixels.length; start += plane) {
    const channel = (start / plane) % channels;
    for (let at = start; at < start + plane; at++) {
      sum[channel] += pixels[at];
      sumOfSquares[channel] += pixels[at] * pixels[at];
    }
  }
  const count = pixels.length / channels;
  const mean = sum.map((total) => total / count / 255);
  const std = sumOfSquares.map((total, c) => Math.sqrt(total / count / 255 ** 2 - mean[c] ** 2));
  return { mean, std };
}
