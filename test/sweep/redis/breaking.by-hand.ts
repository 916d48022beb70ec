import { test } from 'tap';
import { noRedis } from '../../helpers/redis.js';
import { breakSweep } from './breaking.js';

test('workers, Redis and the coordinator are killed, and every run ends as a plain one', {
  skip: noRedis,
  timeout: 800_000,
}, async (t) => {
  await breakSweep(t, Date.now() % 2 ** 31);
});
