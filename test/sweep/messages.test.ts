import { test } from 'tap';
import {
  type ChildMessage,
  formatOrder,
  progressInMessages,
  readMessage,
  readOrder,
} from '../../src/sweep/messages.js';

test('progress is told as the share of the work that was expected', async (t) => {
  const said: ChildMessage[] = [];
  const steps = [
    { title: 'BP training', seconds: 30 },
    { title: 'attacks', seconds: 10 },
  ];
  const progress = progressInMessages(steps, (message) => said.push(message));
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

test('steps that an interrupted run has done are done, and one that nobody expected changes nothing', async (t) => {
  const said: ChildMessage[] = [];
  const titles = [
    'BP training',
    'attacks on BP',
    'audit of BP',
    'audit of BP, what is left',
    'audit of BP, what is left',
  ];
  const steps = titles.map((title) => ({ title, seconds: 20 }));
  const progress = progressInMessages(steps, (message) => said.push(message));
  const during = (title: string) => progress.during(title, 2, 0, async (update) => update(1));
  for (const title of ['attacks on BP', 'a surprise', 'audit of BP', ...titles.slice(3)]) await during(title);
  const shares = said.map((message) => ('done' in message ? message.done : undefined));
  t.same(shares, [0.2, 0.3, 0.4, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  t.end();
});

test('orders are read as they are written, and nothing else is one', (t) => {
  t.same(readOrder(formatOrder({ workers: 3 })), { workers: 3 });
  for (const line of [
    '',
    'x',
    '{}',
    '{"workers":0}',
    '{"workers":1.5}',
    '{"workers":1e6}',
    '{"workers":2,"out":"/"}',
  ]) {
    t.equal(readOrder(line), undefined, line);
  }
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
