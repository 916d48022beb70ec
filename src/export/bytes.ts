/** Returns the numbers as bytes, little-endian on any machine, as ONNX and npy files store them. */
export function littleEndian(values: Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const out = new DataView(bytes.buffer);
  const width = values.BYTES_PER_ELEMENT;
  for (let i = 0; i < values.length; i++) {
    if (values instanceof Float32Array) out.setFloat32(width * i, values[i], true);
    else if (values instanceof Float64Array) out.setFloat64(width * i, values[i], true);
    else if (values instanceof Int32Array) out.setInt32(width * i, values[i], true);
    else if (values instanceof Uint16Array) out.setUint16(width * i, values[i], true);
    else bytes[i] = values[i];
  }
  return bytes;
}
