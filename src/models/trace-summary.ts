import { checkTrace, type Trace } from './trace.js';

/**
 * A trace in a few numbers a layer: what `inspect --json` prints and what both views show.
 *
 * @throws {TypeError} if there is no trace
 */
export function summaryOf(trace: Trace) {
  checkTrace('summaryOf', trace);
  const { rule, label, logits, probabilities, prediction, loss, layers } = trace;
  return {
    rule,
    label,
    prediction,
    loss,
    logits: [...logits],
    probabilities: [...probabilities],
    layers: layers.map(({ name, outputShape, inputShape, output, own, exact, errorAngle, gradientAngle }) => ({
      name,
      inputShape,
      outputShape,
      forward: output,
      /** Of the error below the layer. */
      error: { own: own.error, true: exact.error, angle: errorAngle ?? null },
      ...(own.gradient && { gradient: { own: own.gradient, true: exact.gradient, angle: gradientAngle ?? null } }),
    })),
  };
}
export type TraceSummary = ReturnType<typeof summaryOf>;
