/** Class indices, one per image: labels, predictions, an attack's target classes. */
export type ClassIndices = Uint8Array | Uint16Array;

/** The largest number of classes: an index has at most 16 bits. */
export const MOST_CLASSES = 2 ** 16;

/** The largest number of classes whose indices are bytes. */
const MOST_IN_BYTES = 2 ** 8;

/** Returns zeros for `length` class indices: bytes for up to 256 classes, 16 bits each for more. */
export const classIndices = (length: number, classes: number): ClassIndices =>
  classes <= MOST_IN_BYTES ? new Uint8Array(length) : new Uint16Array(length);

/** Returns the labels at the given places of a set, in an array of the same type. */
export function labelsAt(labels: ClassIndices, places: ArrayLike<number>): ClassIndices {
  const { length } = places;
  const chosen = labels instanceof Uint8Array ? new Uint8Array(length) : new Uint16Array(length);
  return chosen.map((_, i) => labels[places[i]]);
}

/** Returns the number of labels of each class. */
export function countPerClass(labels: ClassIndices, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}
