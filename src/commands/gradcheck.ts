import { activation } from '../layers/activation.js';
import { avgPool } from '../layers/avg-pool.js';
import { batchNorm } from '../layers/batch-norm.js';
import { conv2d } from '../layers/conv2d.js';
import { flatten } from '../layers/flatten.js';
import type { Layer } from '../layers/layer.js';
import { linear } from '../layers/linear.js';
import { maxPool } from '../layers/max-pool.js';
import { normalize } from '../layers/normalize.js';
import { residual } from '../layers/residual.js';
import { widen } from '../layers/widen.js';
import { crossEntropy } from '../losses/cross-entropy.js';
import { losses } from '../losses/index.js';
import type { Loss } from '../losses/loss.js';
import { alignment, type LayerAlignment } from '../metrics/alignment.js';
import {
  type CheckSubject,
  checkGradients,
  GRADIENT_TOLERANCE,
  type GradientCheck,
} from '../metrics/gradient-check.js';
import { activations, lenet5 } from '../models/lenet.js';
import { Network } from '../models/network.js';
import { initialParameters } from '../models/parameters.js';
import { resnet8 } from '../models/resnet.js';
import { paragraphs, textTable } from '../report/text.js';
import { feedbackAlignment } from '../rules/feedback-alignment.js';
import { stream } from '../tensor/random.js';
import { float64Kernels } from '../tensor/reference.js';
import { widthOf } from './terminal.js';

/** The exit code where a check fails. */
const FAILED = 1;

export interface GradientReport {
  readonly checks: readonly GradientCheck[];
  /** Feedback alignment's angles to backpropagation on an untrained LeNet-5. */
  readonly angles: readonly LayerAlignment[];
  /** Whether every check stays under {@link GRADIENT_TOLERANCE}. */
  readonly passed: boolean;
}

const LENET_OPTIONS = { inputShape: [1, 28, 28], classes: 10, mean: [0.1307], std: [0.3081] };
const RESNET_OPTIONS = { inputShape: [3, 8, 8], classes: 10, mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] };
const ALIGNMENT_IMAGES = 16;

/** Whose mean and variance normalising layers use, and how that is told. */
const statisticsTold = [
  ['as in learning', 'pass'],
  ['by its averages', 'averages'],
] as const;

/** Checks every layer, every loss and whole networks, and measures how far feedback alignment's gradient is from them. */
export function gradientReport(seed: number): GradientReport {
  const checks = subjects(seed).flatMap((subject) => checkGradients(subject, seed));
  return {
    checks,
    angles: untrainedAngles(seed),
    passed: checks.every(({ relativeError }) => relativeError < GRADIENT_TOLERANCE),
  };
}

function subjects(seed: number): CheckSubject[] {
  const image = [2, 7, 6];
  const alone = (name: string, layer: Layer): CheckSubject => ({ name, layers: [layer], loss: projection(seed) });
  return [
    alone('conv2d 3×3', conv2d('conv', image, { outputs: 3, kernel: 3 })),
    alone('conv2d 3×3, stride 2, padding 1', conv2d('conv', image, { outputs: 3, kernel: 3, stride: 2, padding: 1 })),
    alone('linear', linear('linear', [13], { outputs: 5 })),
    ...Object.entries(activations).map(([name, { phi }]) => alone(name, activation(name, image, phi))),
    alone('max-pool 2×2', maxPool('pool', image, { kernel: 2 })),
    alone('max-pool 3×3, stride 2', maxPool('pool', image, { kernel: 3, stride: 2 })),
    alone('avg-pool 2×2', avgPool('pool', image, { kernel: 2 })),
    alone('flatten', flatten('flatten', image)),
    alone('normalize', normalize('normalize', image, { mean: [0.3, 0.5], std: [0.2, 0.4] })),
    ...statisticsTold.map(([told, statistics]) => ({
      ...alone(`batch normalisation, ${told}`, batchNorm('bn', image)),
      statistics,
    })),
    alone('widen', widen('widen', image, { outputs: 3, stride: 2 })),
    alone('residual', residual('block', [conv2d('conv', image, { outputs: 2, kernel: 3, padding: 1, bias: false })])),
    ...Object.entries(losses).map(([name, loss]) => ({ name, layers: [flatten('logits', [10])], loss })),
    ...(['relu', 'tanh'] as const).map((name) => ({
      name: `LeNet-5, ${name}`,
      layers: lenet5({ ...LENET_OPTIONS, activation: name }),
      loss: crossEntropy,
    })),
    ...statisticsTold.map(([told, statistics]) => ({
      name: `ResNet-8, ${told}`,
      layers: resnet8({ ...RESNET_OPTIONS, activation: 'tanh' }), // no kinks that a difference could straddle
      loss: crossEntropy,
      statistics,
    })),
  ];
}

/** Σ r·y with random r: a loss under which no part of a layer's output goes untested. */
function projection(seed: number): Loss {
  return {
    title: 'random projection',
    evaluate(logits, _labels, n, classes, losses, dlogits) {
      const random = stream(seed).split('projection');
      for (let i = 0; i < n; i++) {
        losses[i] = 0;
        for (let j = i * classes; j < (i + 1) * classes; j++) {
          dlogits[j] = random.normal();
          losses[i] += dlogits[j] * logits[j];
        }
      }
    },
  };
}

function untrainedAngles(seed: number): LayerAlignment[] {
  const kernels = float64Kernels();
  const layers = lenet5({ ...LENET_OPTIONS, activation: 'relu' });
  const parameters = initialParameters(layers, kernels, { seed, initializer: 'kaiming-uniform', usesFeedback: true });
  const random = stream(seed).split('angles');
  const pixels = Uint8Array.from({ length: ALIGNMENT_IMAGES * 784 }, () => random.integer(0, 255));
  const labels = Uint8Array.from({ length: ALIGNMENT_IMAGES }, (_, i) => i % 10);
  return alignment(new Network(layers, feedbackAlignment, kernels, parameters), {
    pixels,
    labels,
    count: ALIGNMENT_IMAGES,
  });
}

/** `npm start -- gradcheck`: prints the report, and sets exit code 1 if a check fails. */
export function gradcheckCommand({ seed = 1 }: { readonly seed?: number }): void {
  const report = gradientReport(seed);
  process.stdout.write(`${gradientReportText(report, widthOf(process.stdout))}\n`);
  if (!report.passed) process.exitCode = FAILED;
}

/** The report as tables for a terminal of a given width. */
export function gradientReportText({ checks, angles, passed }: GradientReport, width = 100): string {
  const checkRows = checks.map(({ subject, variable, relativeError }) => [
    subject,
    variable,
    relativeError.toExponential(1),
    relativeError < GRADIENT_TOLERANCE ? 'ok' : 'FAILED',
  ]);
  const angleRows = angles.map(({ layer, gradientAngle, weightAngle }) => [
    layer,
    degrees(gradientAngle),
    degrees(weightAngle),
  ]);
  const parts = [
    "Backpropagation's gradient against central differences, float64:",
    textTable(['Subject', 'With respect to', 'Relative error', ''], checkRows, 2, width),
    "Feedback alignment on an untrained LeNet-5, in degrees: its weight gradient against backpropagation's, and its feedback weights against its weights:",
    textTable(['Layer', 'FA, BP gradients', 'B, W'], angleRows, 1, width),
    passed
      ? `All ${checks.length} relative errors are under ${GRADIENT_TOLERANCE}.`
      : `Some relative error is not under ${GRADIENT_TOLERANCE}: a backward pass is wrong.`,
  ];
  return paragraphs(parts, width);
}

const degrees = (angle: number | undefined): string => (angle === undefined ? '–' : `${angle.toFixed(1)}°`);
