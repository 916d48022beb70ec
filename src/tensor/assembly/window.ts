/**
 * The window of the current convolution, and the numbers that follow from it. These are globals of the WebAssembly
 * instance, not of the shared memory, so each thread has its own.
 *
 * Axes: C channels, H, W rows and columns, K kernel, O output channels, OH, OW output rows and columns.
 */

export let outputs: i32 = 0;
export let channels: i32 = 0;
export let height: i32 = 0;
export let width: i32 = 0;
export let kernel: i32 = 0;
export let padding: i32 = 0;
export let outHeight: i32 = 0;
export let outWidth: i32 = 0;
/** C·K·K */
export let taps: i32 = 0;
/** OH·OW */
export let places: i32 = 0;
/** True if places 2i and 2i + 1 always lie side by side in the image. */
export let paired: bool = false;

/** Bytes of one image, `[C, H, W]`, and of its output, `[O, OH, OW]`. */
export let imageBytes: usize = 0;
export let outputBytes: usize = 0;
/** Bytes of a row, and of a plane, of packed images (lanes.ts) with their padding. */
export let packedRow: usize = 0;
export let packedPlane: usize = 0;

/** Bytes from one place to the next in an output row, and from one output row to the next. */
export let packedStep: usize = 0;
export let packedRowStep: usize = 0;

/** Address of a table: the window's offset in a packed image at each place, in bytes. */
export let placeTable: usize = 0;
/** Address of a table: each tap's offset from the window's first pixel, in bytes. */
export let tapTable: usize = 0;
/** Address of the packed images. */
export let packed: usize = 0;
/** Address of packed outputs, `[O, OH, OW]`, or of their gradients. */
export let packedOutput: usize = 0;
/** Address of a copy of all packed outputs at two places. */
export let column: usize = 0;

// For errors that are mostly zeros (conv-few.ts). They lie behind all of the above: both methods may alternate in a
// batch.

/** Address of a table: the window's offset, at each place, in an image with its channels last. */
export let windowTable: usize = 0;
/** Address of a table: for each set of lanes, the byte indices that move these lanes to the front of a vector. */
export let orderTable: usize = 0;
/** Address of a table: the address of each output's first listed error, and of the last one's end. */
export let firstError: usize = 0;
/** Address of the list of the non-zero errors' places; the errors lie `errorValues` bytes behind their places. */
export let errorTable: usize = 0;
export let errorValues: usize = 0;
/** Address of filters in the order of the runs: O filters of vectorsOfFilter vectors. */
export let filters: usize = 0;

/**
 * Prepares a convolution; must be called before each one.
 *
 * @param scratch address of memory that nothing else uses until the convolution is done. It must have at least OH·OW +
 *   C·K·K + 4·(C·(H + 2·padding)·(W + 2·padding) + O·(OH·OW + 2)) numbers. {@link setWindowForFew} needs OH·OW +
 *   2·OH·OW·O + O + 74 + 4·O·K·⌈K·C/4⌉ more.
 */
export function setWindow(
  scratch: usize,
  o: i32,
  c: i32,
  h: i32,
  w: i32,
  k: i32,
  stride: i32,
  pad: i32,
  oh: i32,
  ow: i32,
): void {
  outputs = o;
  channels = c;
  height = h;
  width = w;
  kernel = k;
  padding = pad;
  outHeight = oh;
  outWidth = ow;
  taps = c * k * k;
  places = oh * ow;
  paired = stride === 1 && ow % 2 === 0;
  imageBytes = (<usize>(c * h * w)) << 2;
  outputBytes = (<usize>(o * places)) << 2;
  packedRow = (<usize>(w + 2 * pad)) << 4;
  packedPlane = packedRow * (h + 2 * pad);
  packedStep = (<usize>stride) << 4;
  packedRowStep = packedRow * stride;
  placeTable = scratch;
  tapTable = placeTable + ((<usize>places) << 2);
  packed = tapTable + ((<usize>taps) << 2);
  packedOutput = packed + packedPlane * c;
  column = packedOutput + (outputBytes << 2);
  fillTables();
}

function fillTables(): void {
  let to = placeTable;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      store<usize>(to, packedRowStep * oy + packedStep * ox);
      to += 4;
    }
  }
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        store<usize>(to, packedPlane * c + packedRow * ky + ((<usize>kx) << 4));
        to += 4;
      }
    }
  }
}

/** Returns the number of vectors that hold the K·C numbers of a run (conv-few.ts). */
export function vectorsOfRun(): i32 {
  return (kernel * channels + 3) >> 2;
}

/** Returns the number of vectors of a filter in the order of the runs. */
export function vectorsOfFilter(): i32 {
  return kernel * vectorsOfRun();
}

/** Fills the tables of conv-few.ts; must be called after {@link setWindow}. */
export function setWindowForFew(): void {
  windowTable = column + ((<usize>outputs) << 5);
  orderTable = windowTable + ((<usize>(places + 3)) << 2);
  firstError = orderTable + 256;
  errorTable = firstError + ((<usize>(outputs + 1)) << 2);
  errorValues = (<usize>(outputs * places + 3)) << 2;
  filters = errorTable + (errorValues << 1);
  const pixel = (<usize>channels) << 2;
  const row = pixel * (width + 2 * padding);
  const stride = packedStep >> 4;
  let to = windowTable;
  for (let oy = 0; oy < outHeight; oy++) {
    for (let ox = 0; ox < outWidth; ox++) {
      store<usize>(to, (row * oy + pixel * ox) * stride);
      to += 4;
    }
  }
  for (let mask = 0; mask < 16; mask++) {
    to = orderTable + ((<usize>mask) << 4);
    for (let lane: u32 = 0; lane < 4; lane++) {
      if (!(mask & (1 << lane))) continue;
      store<u32>(to, 0x03020100 + 0x04040404 * lane);
      to += 4;
    }
  }
}
