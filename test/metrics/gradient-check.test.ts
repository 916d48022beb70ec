import { test } from 'tap';
import { type Activation, activation } from '../../src/layers/activation.js';
import type { Layer, WeightedLayer } from '../../src/layers/layer.js';
import { linear } from '../../src/layers/linear.js';
import { tanh } from '../../src/layers/tanh.js';
import type { Loss } from '../../src/losses/loss.js';
import { checkGradients, GRADIENT_TOLERANCE } from '../../src/metrics/gradient-check.js';
import type { FloatArray } from '../../src/tensor/tensor.js';
import { lossWithGradient, projection } from '../helpers/networks.js';

const errors = (layers: Layer[], loss: Loss = projection, seed = 1) =>
  new Map(
    checkGradients({ name: 'subject', layers, loss }, seed).map((check) => [check.variable, check.relativeError]),
  );
const passes = (error: number | undefined) => (error ?? Number.NaN) < GRADIENT_TOLERANCE;

/** A linear layer one of whose backward functions is tampered with afterwards. */
function tampered(spoil: {
  dx?: (dx: FloatArray) => void;
  dw?: (dw: FloatArray, db: FloatArray) => void;
}): WeightedLayer {
  const honest = linear('fc', [6], { outputs: 4 });
  return {
    ...honest,
    bind(kernels, buffers) {
      const stage = honest.bind(kernels, buffers);
      return {
        forward: stage.forward,
        backwardInput(n, carrier) {
          stage.backwardInput(n, carrier);
          spoil.dx?.(buffers.dx.data);
        },
        backwardWeights(n, dw, db) {
          stage.backwardWeights(n, dw, db);
          spoil.dw?.(dw, db);
        },
      };
    },
  };
}

test('a right gradient passes, for the input and every parameter', async (t) => {
  const result = errors([tampered({}), activation('tanh', [4], tanh)]);
  t.same([...result.keys()], ['input', 'fc.weight', 'fc.bias']);
  for (const [variable, error] of result) t.ok(passes(error), `${variable}: ${error}`);
});

test('a gradient that is wrong in one number fails, and that one alone', async (t) => {
  const wrong: [string, Parameters<typeof tampered>[0]][] = [
    [
      'input',
      {
        dx: (dx) => {
          dx[7] *= 1.001;
        },
      },
    ],
    [
      'fc.weight',
      {
        dw: (dw) => {
          dw[11] *= 1.001;
        },
      },
    ],
    [
      'fc.bias',
      {
        dw: (_dw, db) => {
          db[2] += 1e-4;
        },
      },
    ],
  ];
  for (const [guilty, spoil] of wrong) {
    for (const [variable, error] of errors([tampered(spoil)])) {
      t.equal(passes(error), variable !== guilty, `${guilty} is wrong; ${variable}: ${error}`);
    }
  }
});

test('a sign turned round is off by a factor of two', async (t) => {
  const turned = errors([
    tampered({
      dx: (dx) =>
        dx.forEach((value, i) => {
          dx[i] = -value;
        }),
    }),
  ]);
  t.ok(Math.abs((turned.get('input') ?? 0) - 2) < 1e-6);
});

test('a slope that is wrong below zero fails', async (t) => {
  const leaky: Activation = {
    forward: (_kernels, x, y, length) => {
      for (let i = 0; i < length; i++) y[i] = x[i] > 0 ? x[i] : 0.1 * x[i];
    },
    backward: (kernels, y, dy, dx, length) => kernels.reluBackward(y, dy, dx, length),
  };
  const result = errors([linear('fc', [6], { outputs: 5 }), activation('leaky', [5], leaky)]);
  for (const variable of ['input', 'fc.weight', 'fc.bias']) t.notOk(passes(result.get(variable)), variable);
});

test('a large layer, which is tried along directions, is caught out too', async (t) => {
  const large = (factor: number): WeightedLayer => {
    const honest = linear('fc', [60], { outputs: 40 });
    return {
      ...honest,
      bind(kernels, buffers) {
        const stage = honest.bind(kernels, buffers);
        return {
          ...stage,
          backwardWeights(n, dw, db) {
            stage.backwardWeights(n, dw, db);
            for (let i = 0; i < 40; i++) dw[i] *= factor;
          },
        };
      },
    };
  };
  t.ok(passes(errors([large(1)]).get('fc.weight')));
  t.notOk(passes(errors([large(1.01)]).get('fc.weight')), 'one row in sixty off by a hundredth');
});

test('a loss with a wrong gradient fails for everything below it', async (t) => {
  const honest = lossWithGradient([1, -2, 3]);
  const wrong: Loss = {
    ...honest,
    evaluate(logits, labels, n, classes, losses, dlogits) {
      honest.evaluate(logits, labels, n, classes, losses, dlogits);
      dlogits[0] += 0.01;
    },
  };
  const layers = [linear('fc', [4], { outputs: 3 })];
  for (const error of errors(layers, honest).values()) t.ok(passes(error));
  for (const error of errors(layers, wrong).values()) t.notOk(passes(error));
});

test('where nothing depends on anything nothing is tested, and the check does not pass', async (t) => {
  for (const [variable, error] of errors([linear('fc', [4], { outputs: 3 })], lossWithGradient([0, 0, 0]))) {
    t.notOk(passes(error), `${variable}: ${error}`);
  }
});

test('the seed decides what is tried', async (t) => {
  const layers = [linear('fc', [4], { outputs: 3 }), activation('tanh', [3], tanh)];
  t.same([...errors(layers)], [...errors(layers)]);
  t.not([...errors(layers, projection, 2).values()].join(), [...errors(layers).values()].join());
});
