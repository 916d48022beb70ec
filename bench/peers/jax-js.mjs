/*
 * LeNet-5 on MNIST by jax-js with its wasm backend. `node jax-js.mjs FOLDER BATCHES` trains on BATCHES mini-batches of
 * 64, after one for warming up, which compiles its kernels, and prints one JSON object.
 *
 * It is written as jax-js's MNIST demo (reduceWindow for pooling, valueAndGrad of the mean loss), with two differences:
 * the whole step is jitted, not the network alone, which is faster; and SGD with momentum replaces Adam. The images are
 * in an array before the clock starts. jax-js uses several threads where there are web workers; Node has none, so it
 * uses one.
 */
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { trainingImages } from './idx.mjs';

const BATCH = 64;
const RATE = 0.02;
const MOMENTUM = 0.9;
const [folder, batches] = [process.argv[2], Number(process.argv[3])];

await init('wasm');
defaultDevice('wasm');

let seed = 0;
const uniform = (shape, fanIn) => {
  const bound = 1 / Math.sqrt(fanIn);
  return random.uniform(random.key(seed++), shape, { minval: -bound, maxval: bound });
};
let parameters = {
  w1: uniform([6, 1, 5, 5], 25),
  b1: np.zeros([6, 1, 1]),
  w2: uniform([16, 6, 5, 5], 150),
  b2: np.zeros([16, 1, 1]),
  w3: uniform([400, 120], 400),
  b3: np.zeros([120]),
  w4: uniform([120, 84], 120),
  b4: np.zeros([84]),
  w5: uniform([84, 10], 84),
  b5: np.zeros([10]),
};
let velocity = tree.map((parameter) => np.zeros(parameter.shape), parameters);

const pool = (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
const SAME = [
  [2, 2],
  [2, 2],
];

function predict(p, x) {
  const a1 = nn.relu(pool(lax.convGeneralDilated(x, p.w1, [1, 1], SAME).add(p.b1)));
  const a2 = nn.relu(pool(lax.convGeneralDilated(a1, p.w2, [1, 1], 'VALID').add(p.b2)));
  const a3 = nn.relu(np.dot(a2.reshape([-1, 400]), p.w3).add(p.b3));
  const a4 = nn.relu(np.dot(a3, p.w4).add(p.b4));
  return nn.logSoftmax(np.dot(a4, p.w5).add(p.b5));
}

const meanLoss = (p, x, y) =>
  predict(p, x)
    .mul(nn.oneHot(y, 10))
    .sum()
    .mul(-1 / BATCH);

// A function that gets an array frees it; `ref` keeps it.
const step = jit((p, v, x, y) => {
  const [loss, gradient] = valueAndGrad(meanLoss)(tree.ref(p), x, y);
  const moved = tree.map((old, g) => old.mul(MOMENTUM).add(g), v, gradient);
  return [tree.map((w, d) => w.sub(d.mul(RATE)), p, tree.ref(moved)), moved, loss];
});

const { images, labels } = trainingImages(folder, (batches + 1) * BATCH);
const [allImages, allLabels] = [np.array(images).reshape([-1, 1, 28, 28]), np.array(labels)];
const losses = [];
const seconds = [];
for (let batch = 0; batch <= batches; batch++) {
  const started = performance.now();
  const chosen = np.array(Int32Array.from({ length: BATCH }, (_, i) => batch * BATCH + i));
  const [x, y] = [allImages.ref.slice(chosen.ref), allLabels.ref.slice(chosen)];
  let loss;
  [parameters, velocity, loss] = step(parameters, velocity, x, y);
  await blockUntilReady(parameters);
  losses.push(await loss.jsAsync());
  if (batch > 0) seconds.push((performance.now() - started) / 1000);
}
process.stdout.write(`${JSON.stringify({ seconds, losses })}\n`);
