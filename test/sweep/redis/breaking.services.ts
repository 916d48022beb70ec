import { test } from 'tap';
import { noRedis } from '../../helpers/redis.js';
import { breakSweep } from './breaking.js';

/** `SEED=1 npm run breaking-test` breaks it at the same moments again. */
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test('workers, Redis and the coordinator are killed, and every run ends as a plain one', {
  skip: noRedis,
  timeout: 800_000,
}, async (t) => {
  await breakSweep(t, seed);
});
