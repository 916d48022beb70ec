/* A step's numbers in words: sizes, shares of zeros, angles. */
import type { LayerTrace, Trace } from '../../core.js';
import { degrees, percent, short } from '../words.js';

export const forwardFacts = ({ output }: LayerTrace): [string, string][] => [
  ['range', `${short(output.least)} … ${short(output.greatest)}`],
  ['zeros', percent(output.zeros)],
];

export function lossFacts({ loss, probabilities, logits, prediction, label }: Trace): [string, string][] {
  const answers = [...probabilities].map((share, digit): [string, string] => [
    `${digit}${digit === label ? ' (true)' : ''}${digit === prediction ? ' ←' : ''}`,
    `logit ${short(logits[digit])}, softmax ${short(share)}`,
  ]);
  return [['loss', short(loss)], ...answers];
}

export function backwardFacts({ own, errorAngle, gradientAngle }: LayerTrace): [string, string][] {
  const error: [string, string][] = [
    ['size of δ', short(own.error.size)],
    ['zeros of δ', percent(own.error.zeros)],
    ['δ to the true δ', degrees(errorAngle)],
  ];
  if (!own.gradient) return error;
  return [...error, ['size of dW', short(own.gradient.size)], ['dW to the true dW', degrees(gradientAngle)]];
}
