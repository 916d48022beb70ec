/*
 * LeNet-5 on MNIST by TensorFlow.js with its CPU backend. `node tfjs.mjs FOLDER BATCHES` trains on BATCHES mini-batches
 * of 64, after one for warming up, and prints one JSON object. It is written as the guide's "train a model":
 * tf.sequential, compile, trainOnBatch, SGD with momentum. The images are in tensors before the clock starts.
 *
 * The CPU backend is plain JavaScript in one thread. The wasm backend can't train the network: it has no gradient of a
 * convolution's filter. tfjs-node is a native addon.
 */
import * as tf from '@tensorflow/tfjs';
import { trainingImages } from './idx.mjs';

const BATCH = 64;
const [folder, batches] = [process.argv[2], Number(process.argv[3])];

tf.enableProdMode();
await tf.setBackend('cpu');
await tf.ready();
const activation = 'relu';
const model = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [28, 28, 1], filters: 6, kernelSize: 5, padding: 'same', activation }),
    tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
    tf.layers.conv2d({ filters: 16, kernelSize: 5, activation }),
    tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 120, activation }),
    tf.layers.dense({ units: 84, activation }),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ],
});
model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'categoricalCrossentropy' });

const { images, labels } = trainingImages(folder, (batches + 1) * BATCH);
const x = tf.tensor4d(images, [labels.length, 28, 28, 1]);
const y = tf.oneHot(tf.tensor1d(labels, 'int32'), 10).toFloat();
const losses = [];
const seconds = [];
for (let batch = 0; batch <= batches; batch++) {
  const started = performance.now();
  const chosen = [x, y].map((all) => all.slice(batch * BATCH, BATCH));
  losses.push(await model.trainOnBatch(...chosen));
  tf.dispose(chosen);
  if (batch > 0) seconds.push((performance.now() - started) / 1000);
}
process.stdout.write(`${JSON.stringify({ seconds, losses })}\n`);
