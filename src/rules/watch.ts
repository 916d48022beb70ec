import type { FloatArray } from '../tensor/tensor.js';
import type { ErrorPath, LearningRule } from './rule.js';

/** One call of `send`, `sendOutput` or `sendTarget`. */
export interface Sent<A extends FloatArray> {
  /** The vector that was sent: the error at the layer's output, the network's output error, or the target. */
  readonly what: 'error' | 'output' | 'target';
  readonly through: A;
}

/**
 * Wraps a rule: it computes the same and keeps the result of `keep` for each layer, from the top layer to the lowest.
 * The result is undefined for a layer below which nothing was sent.
 *
 * @param keep called during the sending: the memory of the weights may be reused afterwards
 */
export function watching<Kept>(
  rule: LearningRule,
  keep: <A extends FloatArray>(sent: Sent<A>, path: ErrorPath<A>) => Kept,
): { readonly watched: LearningRule; readonly kept: (Kept | undefined)[] } {
  const kept: (Kept | undefined)[] = [];
  const watched: LearningRule = {
    ...rule,
    errorBelow(path) {
      let last: Kept | undefined;
      const spied =
        (what: Sent<FloatArray>['what'], send: (through: typeof path.weight) => void) =>
        (through: typeof path.weight) => {
          last = keep({ what, through }, path);
          send(through);
        };
      rule.errorBelow({
        ...path,
        send: spied('error', path.send),
        sendOutput: spied('output', path.sendOutput),
        sendTarget: spied('target', path.sendTarget),
      });
      kept.push(last);
    },
  };
  return { watched, kept };
}
