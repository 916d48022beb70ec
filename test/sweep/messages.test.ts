import { test } from 'tap';
import { type ChildMessage, progressInMessages, readMessage } from '../../src/sweep/messages.js';

test('progress is told as the share of the work that was expected', async (t) => {
  const said: ChildMessage[] = [];
  const progress = progressInMessages([30, 10], (message) => said.push(message));
  await progress.during('BP training', 100, 50, async (update) => update(100));
  await progress.during('attacks', 4, 0, async (update) => update(2));
  await progress.during('an audit that nobody expected', 4, 0, async (update) => update(2));
  progress.log('a line');
  t.same(said, [
    { done: 0.375 },
    { done: 0.75 },
    { done: 0.75 },
    { done: 0.875 },
    { done: 1 },
    { done: 1 },
    { line: 'a line' },
  ]);
  t.end();
});

test('what is no message is none', (t) => {
  for (const line of ['', 'x', '{}', 'null', '{"done":2}', '{"done":"1"}', '{"line":1}', '{"done":1,"more":1}']) {
    t.equal(readMessage(line), undefined, line);
  }
  t.same(readMessage('{"done":0.5}'), { done: 0.5 });
  t.same(readMessage('{"notice":"x"}'), { notice: 'x' });
  t.end();
});
