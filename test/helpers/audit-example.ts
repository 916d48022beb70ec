import type { ImageRow } from '../../src/audit/conclude.js';
import type { Audit, Check } from '../../src/audit/findings.js';

const check = (id: number, verdict: Check['verdict'], auditVerdict: Check['auditVerdict']): Check => ({
  id,
  name: `check number ${id}`,
  verdict,
  auditVerdict,
  numbers: { epsilon: 0.3, accuracy: 0.97 },
  meaning: `What check ${id} found, ${verdict}.`,
});

const gradients = {
  images: 1000,
  counts: [{ loss: 'cross-entropy', path: 'feedback' as const, zero: 960, notFinite: 0 }],
  angle: { images: 1000, mean: 88, deviation: 3, percentile5: 83, median: 88.5, percentile95: 93 },
};

/** An audit as its authors might have written it by hand. */
export const exampleAudit: Audit = {
  schema: 1,
  dataset: 'mnist',
  seed: 7,
  testImages: 1000,
  settings: { images: 1000, epsilons: [0.1, 0.3] },
  models: {
    bp: {
      cleanAccuracy: 0.991,
      gradients,
      points: [
        {
          epsilon: 0.1,
          worstCase: 0.45,
          paper: 0.63,
          byAttack: { grey: 0.99, 'bim/true/cross-entropy': 0.63 },
          brokenBy: { 'bim/true/cross-entropy': 361, square: 180, none: 9 },
        },
        { epsilon: 0.3, worstCase: 0, paper: 0.001, byAttack: { grey: 0.6 }, brokenBy: { grey: 391, none: 9 } },
      ],
      checks: [check(1, 'pass', 'pass'), check(11, 'not applicable', 'not applicable')],
      verdict: "not robust, and the paper's attacks show it",
      because: 'At ε = 0.3 the worst case leaves none.',
    },
    fa: {
      cleanAccuracy: 0.965,
      gradients,
      points: [
        { epsilon: 0.1, worstCase: 0.078, paper: 0.97, byAttack: {}, brokenBy: { none: 900 } },
        { epsilon: 0.3, worstCase: 0, paper: 0.974, byAttack: {}, brokenBy: { 'apgd/true/margin': 965, none: 35 } },
      ],
      checks: [check(1, 'pass', 'pass'), check(11, 'fail', 'pass')],
      verdict: 'gradients masked by saturation',
      because: 'The softmax has gone flat.',
    },
  },
};

export const exampleRows: Readonly<Record<string, readonly ImageRow[]>> = {
  bp: [
    {
      epsilon: 0.1,
      image: 0,
      label: 7,
      cleanPrediction: 7,
      fate: { by: 'apgd/true/margin, 5 starts', queries: 12, prediction: 3 },
    },
    { epsilon: 0.1, image: 1, label: 2, cleanPrediction: 2, fate: undefined },
  ],
  fa: [{ epsilon: 0.1, image: 0, label: 7, cleanPrediction: 9, fate: { by: 'none', queries: 0, prediction: 9 } }],
};
