import { test } from 'tap';
import type { Evidence, Outcome } from '../../src/audit/evidence.js';
import { credits, survivors, worstCase } from '../../src/audit/worst-case.js';
import { madeUp } from './made-up.js';

/** Four images of class 0; the last is misclassified without attack. */
function evidenceWith(
  outcomes: readonly (Omit<Outcome, 'attack' | 'queries' | 'notFinite'> & { id: string; queries?: number[] })[],
) {
  return {
    ...madeUp(),
    labels: new Uint8Array(4),
    clean: Uint8Array.of(0, 0, 0, 5),
    epsilons: [0.1, 0.3],
    outcomes: outcomes.map(({ id, queries = [], ...outcome }) => ({
      ...outcome,
      attack: { id, kind: 'white-box', attack: 'apgd' },
      queries: Int32Array.from(outcome.predictions, (_, i) => queries[i] ?? 1),
      notFinite: 0,
    })),
  } satisfies Evidence;
}

test('the worst case is taken image by image: it lies below every single attack', (t) => {
  const evidence = evidenceWith([
    { id: 'a', epsilon: 0.1, images: undefined, predictions: Uint8Array.of(3, 0, 0, 5) },
    { id: 'b', epsilon: 0.1, images: undefined, predictions: Uint8Array.of(0, 4, 0, 5) },
  ]);
  const fates = worstCase(evidence).get(0.1) ?? [];
  t.same(
    fates.map((fate) => fate?.by),
    ['a', 'b', undefined, 'none'],
  );
  t.equal(survivors(fates), 0.25, 'each attack on its own left a half');
  t.same(credits(fates), { a: 1, b: 1, none: 1 });
  t.end();
});

test('the first attack in the order of the outcomes is credited, with its queries and what it made of the image', (t) => {
  const evidence = evidenceWith([
    { id: 'cheap', epsilon: 0.1, images: undefined, predictions: Uint8Array.of(3, 0, 0, 0), queries: [2, 2, 2, 2] },
    { id: 'dear', epsilon: 0.1, images: undefined, predictions: Uint8Array.of(4, 6, 0, 0), queries: [90, 91, 92, 93] },
  ]);
  const fates = worstCase(evidence).get(0.1) ?? [];
  t.same(fates[0], { by: 'cheap', queries: 2, prediction: 3 });
  t.same(fates[1], { by: 'dear', queries: 91, prediction: 6 });
  t.same(fates[3], { by: 'none', queries: 0, prediction: 5 }, 'an image that is wrong without attack stays wrong');
  t.end();
});

test('what broke an image at a small epsilon breaks it at a larger one, even if no attack does so there', (t) => {
  const evidence = evidenceWith([
    { id: 'a', epsilon: 0.1, images: undefined, predictions: Uint8Array.of(3, 0, 0, 5) },
    { id: 'b', epsilon: 0.3, images: undefined, predictions: Uint8Array.of(0, 4, 0, 5) },
  ]);
  const fates = worstCase(evidence);
  t.equal(survivors(fates.get(0.1) ?? []), 0.5);
  t.same(
    fates.get(0.3)?.map((fate) => fate?.by),
    ['a', 'b', undefined, 'none'],
  );
  t.end();
});

test('an attack on some images alone says nothing of the others', (t) => {
  const evidence = evidenceWith([
    { id: 'a', epsilon: 0.1, images: Uint32Array.of(2), predictions: Uint8Array.of(7), queries: [33] },
  ]);
  t.same(worstCase(evidence).get(0.1), [
    undefined,
    undefined,
    { by: 'a', queries: 33, prediction: 7 },
    { by: 'none', queries: 0, prediction: 5 },
  ]);
  t.end();
});
