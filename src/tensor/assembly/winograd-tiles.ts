/**
 * What Winograd's convolutions (winograd.ts, winograd-weights.ts) share: where their planes and tiles lie, and the
 * transform of the tiles that both read. Globals of the instance, as in window.ts.
 *
 * A plane of outputs is cut into tiles of 2×2; under each lie 4×4 inputs, and tiles side by side share two columns of
 * them. Where a side is odd, the last tile hangs over: there packed inputs and errors are zeros, and outputs are
 * computed and left out.
 */
/** Numbers of a transformed tile, and of a transformed filter. */
export const POINTS: usize = 16;
/** Tiles that are multiplied with the filters at once. */
export const TILES = 4;
/** Tiles whose products are added up at once to a gradient. */
export const TILES_OF_GRADIENT = 16;

export let inputs: i32 = 0;
export let height: i32 = 0;
export let width: i32 = 0;
export let padding: i32 = 0;
export let outputs: i32 = 0;
export let outHeight: i32 = 0;
export let outWidth: i32 = 0;
export let tiles: i32 = 0;
/** Rows and columns of a packed output plane: even. A packed input plane has two more of each. */
export let rows: i32 = 0;
export let columns: i32 = 0;
/** Pairs of outputs and fours of inputs, the last one perhaps not full. */
export let pairs: i32 = 0;
export let fours: i32 = 0;

/** Bytes of one image's inputs, and of its outputs. */
export let inputBytes: usize = 0;
export let outputBytes: usize = 0;
/** Bytes of a row, and of a plane, of packed inputs and of packed outputs. */
export let inputRow: usize = 0;
export let inputPlane: usize = 0;
export let outputRow: usize = 0;
export let outputPlane: usize = 0;

/** Address of a table: how far each tile's inputs lie from their plane's beginning, and its outputs from theirs. */
let tileTable: usize = 0;
/** Addresses of packed inputs, and of packed outputs or their errors. */
export let packed: usize = 0;
export let packedOutput: usize = 0;
/** Address of transformed filters, or of the sums of their gradients: one matrix a point, this far from each other. */
export let filters: usize = 0;
export let nextFilters: usize = 0;
/** Address of transformed inputs, a matrix a point. An odd number of cache lines apart, lest all fall into one set. */
export let transformed: usize = 0;
export let nextTransformed: usize = 0;
/** Address of products (transformed outputs), or of transformed errors, a matrix a point. */
export let products: usize = 0;
export let nextProducts: usize = 0;

/**
 * To be called before each of the convolutions.
 *
 * @param scratch left alone until it is done; 0 to ask how much is needed
 * @param gradient whether it is the gradient of the weights
 * @returns where the scratch memory ends
 */
export function setTiles(
  scratch: usize,
  i: i32,
  h: i32,
  w: i32,
  pad: i32,
  o: i32,
  oh: i32,
  ow: i32,
  gradient: bool,
): usize {
  inputs = i;
  height = h;
  width = w;
  padding = pad;
  outputs = o;
  outHeight = oh;
  outWidth = ow;
  rows = (oh + 1) & ~1;
  columns = (ow + 1) & ~1;
  tiles = (rows >> 1) * (columns >> 1);
  pairs = (o + 1) >> 1;
  fours = (i + 3) >> 2;
  inputBytes = (<usize>(i * h * w)) << 2;
  outputBytes = (<usize>(o * oh * ow)) << 2;
  inputRow = (<usize>(columns + 2)) << 4;
  inputPlane = inputRow * (rows + 2);
  outputRow = (<usize>columns) << 4;
  outputPlane = outputRow * rows;
  nextFilters = gradient ? (<usize>(pairs * fours)) << 5 : 8 + ((<usize>(pairs * i)) << 3);
  nextTransformed = 64 + (gradient ? (<usize>(fours * TILES_OF_GRADIENT)) << 6 : (<usize>(i * TILES)) << 4);
  nextProducts = 64 + (gradient ? (<usize>(pairs * TILES_OF_GRADIENT)) << 5 : (<usize>(2 * pairs * TILES)) << 4);
  packed = scratch;
  packedOutput = packed + inputPlane * i;
  transformed = packedOutput + outputPlane * o;
  products = transformed + nextTransformed * POINTS;
  filters = products + nextProducts * POINTS;
  tileTable = filters + nextFilters * POINTS;
  const end = tileTable + ((<usize>tiles) << 3);
  if (scratch !== 0) fillTable();
  return end;
}

function fillTable(): void {
  let to = tileTable;
  for (let y = 0; y < rows; y += 2) {
    for (let x = 0; x < columns; x += 2) {
      store<usize>(to, inputRow * y + ((<usize>x) << 4));
      store<usize>(to, outputRow * y + ((<usize>x) << 4), 4);
      to += 8;
    }
  }
}

export function inputOfTile(tile: i32): usize {
  return load<usize>(tileTable + ((<usize>tile) << 3));
}

export function outputOfTile(tile: i32): usize {
  return load<usize>(tileTable + ((<usize>tile) << 3), 4);
}

/**
 * BᵀdB of the 4×4 vectors d at an address, each point's number a matrix further on:
 *
 *        ⎡1  0 −1  0⎤
 *   Bᵀ = ⎢0  1  1  0⎥
 *        ⎢0 −1  1  0⎥
 *        ⎣0  1  0 −1⎦
 */
export function transformInput(from: usize, to: usize): void {
  const row1 = from + inputRow;
  const row2 = row1 + inputRow;
  const row3 = row2 + inputRow;
  const next = nextTransformed;
  const b0 = v128.load(row1);
  const b1 = v128.load(row1, 16);
  const b2 = v128.load(row1, 32);
  const b3 = v128.load(row1, 48);
  const c0 = v128.load(row2);
  const c1 = v128.load(row2, 16);
  const c2 = v128.load(row2, 32);
  const c3 = v128.load(row2, 48);
  let t0 = f32x4.sub(v128.load(from), c0);
  let t1 = f32x4.sub(v128.load(from, 16), c1);
  let t2 = f32x4.sub(v128.load(from, 32), c2);
  let t3 = f32x4.sub(v128.load(from, 48), c3);
  inline.always(putRow(to, next, t0, t1, t2, t3));
  to += next << 2;
  t0 = f32x4.add(b0, c0);
  t1 = f32x4.add(b1, c1);
  t2 = f32x4.add(b2, c2);
  t3 = f32x4.add(b3, c3);
  inline.always(putRow(to, next, t0, t1, t2, t3));
  to += next << 2;
  t0 = f32x4.sub(c0, b0);
  t1 = f32x4.sub(c1, b1);
  t2 = f32x4.sub(c2, b2);
  t3 = f32x4.sub(c3, b3);
  inline.always(putRow(to, next, t0, t1, t2, t3));
  to += next << 2;
  t0 = f32x4.sub(b0, v128.load(row3));
  t1 = f32x4.sub(b1, v128.load(row3, 16));
  t2 = f32x4.sub(b2, v128.load(row3, 32));
  t3 = f32x4.sub(b3, v128.load(row3, 48));
  inline.always(putRow(to, next, t0, t1, t2, t3));
}

function putRow(to: usize, next: usize, t0: v128, t1: v128, t2: v128, t3: v128): void {
  v128.store(to, f32x4.sub(t0, t2));
  v128.store(to + next, f32x4.add(t1, t2));
  v128.store(to + (next << 1), f32x4.sub(t2, t1));
  v128.store(to + next * 3, f32x4.sub(t1, t3));
}
