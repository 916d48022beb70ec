import type { FloatArray } from '../tensor/tensor.js';
import type { ErrorPath, LearningRule } from './rule.js';

/** What a rule sent below a layer, and through which weights. */
export interface Sent<A extends FloatArray> {
  /** The error at the layer's output, or the network's output error or target straight down. */
  readonly what: 'error' | 'output' | 'target';
  readonly through: A;
}

/**
 * A rule that does as the given one, and keeps of each layer what `keep` makes of the sending, from the top layer down;
 * undefined where nothing was sent.
 *
 * @param keep called when it is sent: the weights may be others' afterwards
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
