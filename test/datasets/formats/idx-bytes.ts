/** An IDX file of unsigned bytes with this header, however many values follow it. */
export function idxBytes(dimensions: readonly number[], values: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(dimensions.length, 3);
  dimensions.forEach((extent, axis) => {
    header.writeUInt32BE(extent, 4 + 4 * axis);
  });
  return Buffer.concat([header, Uint8Array.from(values)]);
}
