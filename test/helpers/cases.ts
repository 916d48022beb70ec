import fc from 'fast-check';

/** Checks that `holds` does not throw in `runs` random cases: always the same ones, so that a test never flickers. */
export function forAll<T>(runs: number, cases: fc.Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(
    fc.property(cases, (value) => holds(value)),
    { seed: 20200407, numRuns: runs },
  );
}

/** Throws with the message unless the condition is true; a property's assertion. */
export function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

export const anySeed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
export const sizeUpTo = (max: number, min = 0) => fc.integer({ min, max });
