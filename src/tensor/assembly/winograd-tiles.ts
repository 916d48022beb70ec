/**
 * The common part of Winograd's convolutions (winograd.ts, winograd-weights.ts): the addresses of their planes and
 * tiles, and the transform of input tiles. Globals of the instance, as in window.ts.
 *
 * A plane of outputs is divided into tiles of 4×4. Under each tile lie 6×6 inputs; tiles side by side share two columns
 * of inputs. If a side is no multiple of 4, the last tile is larger than the rest of the plane. There, packed inputs
 * and errors are zeros; outputs are computed and not stored.
 */

/** The number of outputs in a row of a tile. */
export const TILE: usize = 4;
/** The number of inputs in a row under a tile, and of numbers in a row of a transformed tile or filter. */
export const SIDE: usize = 6;
export const POINTS: usize = SIDE * SIDE;
/** The number of tiles that are multiplied with the filters at once. */
export const TILES = 4;
/** The number of tiles whose products are added to a gradient at once. */
export const TILES_OF_GRADIENT = 16;

export let inputs: i32 = 0;
export let height: i32 = 0;
export let width: i32 = 0;
export let padding: i32 = 0;
export let outputs: i32 = 0;
export let outHeight: i32 = 0;
export let outWidth: i32 = 0;
export let tiles: i32 = 0;
/** Rows and columns of a packed output plane: those of whole tiles. A packed input plane has two more of each. */
export let rows: i32 = 0;
export let columns: i32 = 0;
/** The numbers of pairs of outputs and of fours of inputs; the last one may be incomplete. */
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

/** Address of SIDE×SIDE vectors after the first half of a transform. */
export let halfway: usize = 0;
/** Address of a table: the offsets of each tile's inputs and outputs from the beginnings of their planes. */
let tileTable: usize = 0;
/** Addresses of packed inputs, and of packed outputs or their errors. */
export let packed: usize = 0;
export let packedOutput: usize = 0;
/**
 * Address of transformed filters, or of the sums of their gradients: one matrix per point, `nextFilters` bytes apart.
 * The distance of matrices is never a multiple of 4096 bytes: otherwise all points of a tile would share one set of the
 * cache.
 */
export let filters: usize = 0;
export let nextFilters: usize = 0;
/** Address of transformed inputs, one matrix per point. */
export let transformed: usize = 0;
export let nextTransformed: usize = 0;
/** Address of products (transformed outputs), or of transformed errors, one matrix per point. */
export let products: usize = 0;
export let nextProducts: usize = 0;

/**
 * Prepares a convolution; must be called before each one.
 *
 * @param scratch address of memory that nothing else uses until the convolution is done; 0 to ask for its size
 * @param gradient true for the gradient of the weights
 * @returns the address of the scratch memory's end
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
  rows = (oh + 3) & ~3;
  columns = (ow + 3) & ~3;
  tiles = (rows >> 2) * (columns >> 2);
  pairs = (o + 1) >> 1;
  fours = (i + 3) >> 2;
  inputBytes = (<usize>(i * h * w)) << 2;
  outputBytes = (<usize>(o * oh * ow)) << 2;
  inputRow = (<usize>(columns + 2)) << 4;
  inputPlane = inputRow * (rows + 2);
  outputRow = (<usize>columns) << 4;
  outputPlane = outputRow * rows;
  nextFilters = 64 + (gradient ? (<usize>(pairs * fours)) << 5 : 8 + ((<usize>(pairs * i)) << 3));
  nextTransformed = 64 + (gradient ? (<usize>(fours * TILES_OF_GRADIENT)) << 6 : (<usize>(i * TILES)) << 4);
  nextProducts = 64 + (gradient ? (<usize>(pairs * TILES_OF_GRADIENT)) << 5 : (<usize>(2 * pairs * TILES)) << 4);
  packed = scratch;
  packedOutput = packed + inputPlane * i;
  transformed = packedOutput + outputPlane * o;
  products = transformed + nextTransformed * POINTS;
  filters = products + nextProducts * POINTS;
  halfway = filters + nextFilters * POINTS;
  tileTable = halfway + (POINTS << 4);
  const end = tileTable + ((<usize>tiles) << 3);
  if (scratch !== 0) fillTable();
  return end;
}

function fillTable(): void {
  let to = tileTable;
  for (let y = 0; y < rows; y += <i32>TILE) {
    for (let x = 0; x < columns; x += <i32>TILE) {
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
 * Computes BᵀdB of the 6×6 vectors d at an address. Each point's number goes to another matrix, `nextTransformed`
 * apart:
 *
 * ```
 *        ⎡4  0 −5  0  1  0⎤
 *        ⎢0 −4 −4  1  1  0⎥
 *   Bᵀ = ⎢0  4 −4 −1  1  0⎥
 *        ⎢0 −2 −1  2  1  0⎥
 *        ⎢0  2 −1 −2  1  0⎥
 *        ⎣0  4  0 −5  0  1⎦
 * ```
 */
export function transformInput(from: usize, to: usize): void {
  const row1 = from + inputRow;
  const row2 = row1 + inputRow;
  const row3 = row2 + inputRow;
  const row4 = row3 + inputRow;
  const row5 = row4 + inputRow;
  for (let x: usize = 0; x < SIDE << 4; x += 16) {
    const d0 = v128.load(from + x);
    const d1 = v128.load(row1 + x);
    const d2 = v128.load(row2 + x);
    const d3 = v128.load(row3 + x);
    const d4 = v128.load(row4 + x);
    const d5 = v128.load(row5 + x);
    inline.always(timesB(halfway + x, SIDE << 4, d0, d1, d2, d3, d4, d5));
  }
  for (let row = halfway; row < halfway + (POINTS << 4); row += SIDE << 4) {
    const d0 = v128.load(row);
    const d1 = v128.load(row, 16);
    const d2 = v128.load(row, 32);
    const d3 = v128.load(row, 48);
    const d4 = v128.load(row, 64);
    const d5 = v128.load(row, 80);
    inline.always(timesB(to, nextTransformed, d0, d1, d2, d3, d4, d5));
    to += nextTransformed * SIDE;
  }
}

/** Stores Bᵀ times a column; the results are `next` bytes apart. */
function timesB(to: usize, next: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const evens = f32x4.sub(d4, d2);
  const odds = double(f32x4.sub(d3, d1));
  const evens4 = f32x4.sub(d4, fourfold(d2));
  const odds4 = f32x4.sub(d3, fourfold(d1));
  v128.store(to, f32x4.add(fourfold(f32x4.sub(d0, d2)), evens));
  v128.store(to + next, f32x4.add(evens4, odds4));
  v128.store(to + (next << 1), f32x4.sub(evens4, odds4));
  v128.store(to + next * 3, f32x4.add(evens, odds));
  v128.store(to + (next << 2), f32x4.sub(evens, odds));
  v128.store(to + next * 5, f32x4.sub(f32x4.sub(d5, d3), double(odds)));
}

/** The products with 2, 4 and 8 are exact. */
export function double(a: v128): v128 {
  return f32x4.add(a, a);
}

export function fourfold(a: v128): v128 {
  return f32x4.mul(f32x4.splat(4), a);
}

export function eightfold(a: v128): v128 {
  return f32x4.mul(f32x4.splat(8), a);
}
