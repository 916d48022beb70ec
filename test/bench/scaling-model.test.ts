import { test } from 'tap';
import { fitted, prediction, type ScalingModel } from '../../bench/scaling-model.js';

const IMAGES = 64_000;
const STEPS = IMAGES / 64;
/** The expected largest of two standard normal numbers. */
const LARGER_OF_TWO = 1 / Math.sqrt(Math.PI);

/** Milliseconds: 8 shards of 10 each, 4 of update; two cores slow each other down by a tenth. */
const model: ScalingModel = {
  ...{ shard: 0.01, adding: 0.0003, optimizer: 0.0016, slowdown: 1.1, straying: 0.001, member: 0.00005 },
};
/** A step with two workers, as the model says, without what members cost, and what is waited in it. */
const waiting = 2 * LARGER_OF_TWO * model.straying;
const withTwo = 1.1 * (0.04 + 0.002) + waiting;

test('the model that made the measurements is found again', (t) => {
  const alone = 0.084;
  const found = fitted(
    [
      {
        ...{ workers: 1, epochSeconds: alone * STEPS, kernelSeconds: 80 },
        shares: { waiting: 0, reduction: 0.0024 / alone, optimizer: 0.0016 / alone },
      },
      {
        ...{ workers: 2, epochSeconds: withTwo * STEPS, kernelSeconds: 88 },
        shares: { waiting: waiting / withTwo, reduction: 0, optimizer: 0 },
      },
    ],
    [4, 8].map((workers) => ({ workers, seconds: (withTwo + workers * model.member) * STEPS, speedup: 0 })),
    STEPS,
  );
  for (const [name, value] of Object.entries(model)) {
    t.ok(Math.abs(found[name as keyof ScalingModel] / value - 1) < 1e-3, `${name} is ${value}`);
  }
  t.end();
});

test('eight shards are no more work for 64 cores than for 8; more members only cost', (t) => {
  const [eight, many] = [8, 64].map((workers) => prediction(model, workers, 64, IMAGES));
  const shards = ({ seconds, shares }: typeof eight) => seconds * shares.shards;
  t.ok(Math.abs(shards(eight) / shards(many) - 1) < 1e-12);
  t.ok(many.seconds > eight.seconds);
  t.ok(eight.speedup < 8);
  const free = { ...model, member: 0 };
  t.ok(Math.abs(many.atMost / prediction(free, 64, 64, IMAGES).speedup - 1) < 1e-12);
  t.end();
});

test('a mini-batch with a shard for each of 64 cores keeps them busy', (t) => {
  const { speedup, shares } = prediction(model, 64, 512, IMAGES);
  t.ok(speedup > 30 && speedup < 64);
  t.ok(Math.abs(shares.shards + shares.update + shares.waiting + shares.barriers - 1) < 1e-12);
  t.end();
});

test('one worker neither waits nor pays for members', (t) => {
  const { speedup, atMost, seconds } = prediction(model, 1, 64, IMAGES);
  t.equal(speedup, 1);
  t.equal(atMost, 1);
  t.ok(Math.abs(seconds - 0.084 * STEPS) < 1e-9);
  t.end();
});
