import { PassThrough } from 'node:stream';
import { test } from 'tap';
import { barText, progressOn } from '../../src/commands/progress.js';
import { duration } from '../../src/words.js';

/** A stream that keeps what is written to it. */
function recorder(changes: Partial<NodeJS.WriteStream>): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = new PassThrough({ encoding: 'utf8' });
  const text = () => (stream.read() as string | null) ?? '';
  return { stream: Object.assign(stream, changes) as unknown as NodeJS.WriteStream, text };
}

const terminal = { isTTY: true, columns: 80 };
const xterm = { TERM: 'xterm' };

/** What a terminal shows in the end of text that erases and rewrites its last line. */
const lastlyShown = (text: string) => text.split('\n').map((line) => line.split('\r\u001b[K').at(-1));

test('times are told in words', async (t) => {
  t.same([0.4, 59.4, 95, 3600, 7384].map(duration), ['0 s', '59 s', '1 min 35 s', '1 h 0 min', '2 h 3 min']);
});

test('where there is no terminal, progress is plain lines: what was logged, and no control characters', async (t) => {
  for (const plain of [{ isTTY: false }, {}]) {
    const { stream, text } = recorder(plain);
    const progress = progressOn(stream, xterm);
    progress.log('first');
    const result = await progress.during('BP training', 10, 2, async (update) => {
      update(5);
      progress.log('epoch 1');
      return 'trained';
    });
    t.equal(text(), 'first\nepoch 1\n', 'no line about work that is hardly begun');
    t.equal(result, 'trained');
  }
});

test('on a terminal, a bar shows the share done and the time left, and every line stays above it', async (t) => {
  const { stream, text } = recorder(terminal);
  const progress = progressOn(stream, xterm);
  progress.log('first');
  await progress.during('FA training', 10, 0, async (update) => {
    update(5);
    t.match(lastlyShown(text()), ['first', /^FA training \[=+-+\] 50 % {2}0 s left$/]);
    progress.log('epoch 1');
    t.match(lastlyShown(text()), ['epoch 1', /^FA training .* 50 %/]);
    progress.log('the last epoch');
  });
  t.same(lastlyShown(text()), ['the last epoch', ''], 'logged at the very end, it is shown; the bar is gone');
  progress.log('afterwards');
  t.equal(text(), 'afterwards\n');
});

test('what is known of the pace beforehand counts beside what is seen', async (t) => {
  const { stream, text } = recorder(terminal);
  const work = async (update: (done: number) => void) => {
    t.match(lastlyShown(text()), [/ 10 % {2}1 min 30 s left$/], 'before anything is done: ten seconds a unit');
    update(4);
    t.match(
      lastlyShown(text()),
      [/ 40 % {2}30 s left$/],
      'three more in no time, so that six took 30 s: 5 s a unit, and six are left',
    );
  };
  await progressOn(stream, xterm).during('audit', 10, 1, work, { units: 3, seconds: 30 });
});

test('the bar goes with its work, also if that fails; the cursor is never hidden', async (t) => {
  const { stream, text } = recorder(terminal);
  const mistake = new Error('diverged');
  const work = progressOn(stream, xterm).during('BP training', 10, 0, async (update) => {
    update(9);
    throw mistake;
  });
  await t.rejects(work, mistake);
  const all = text();
  t.same(lastlyShown(all), ['']);
  t.notMatch(all, '\u001b[?25l');
});

test('work within work takes the line over, and gives it back', async (t) => {
  const { stream, text } = recorder(terminal);
  const progress = progressOn(stream, xterm);
  await progress.during('outer', 2, 0, async () => {
    await progress.during('inner', 2, 0, async () => t.match(lastlyShown(text()), [/^inner .*0 %$/]));
    t.match(lastlyShown(text()), [/^outer .*0 %$/]);
  });
});

test('no work at all is done work', async (t) => {
  const { stream, text } = recorder(terminal);
  await progressOn(stream, xterm).during('what is left', 0, 0, async (update) => {
    update(0);
    t.match(lastlyShown(text()), [/100 %$/]);
  });
});

test('the bar fits every width, and gives up the least needed first', async (t) => {
  const at = (width: number) => barText('attacks on FA, feedback path', 0.456, '1 min 3 s left', width);
  t.equal(at(199), 'attacks on FA, feedback path [==============----------------] 45 %  1 min 3 s left');
  t.equal(at(79), 'attacks on FA, feedback path 45 %  1 min 3 s left');
  t.equal(at(39), 'attacks on FA, feedback path 45 %');
  t.equal(at(19), 'attacks on FA, 45 %');
  t.equal(at(4), '45 %');
  const widths = Array.from({ length: 200 }, (_, width) => width);
  t.ok(widths.every((width) => at(width).length <= width));
});

test('on a terminal that says it has no columns, 80 are taken; a dumb one gets plain lines', async (t) => {
  const { stream, text } = recorder({ isTTY: true, columns: 0 });
  await progressOn(stream, xterm).during('BP training', 2, 0, async () =>
    t.match(text(), /BP training \[-{30}\] 0 %$/),
  );
  const dumb = recorder(terminal);
  await progressOn(dumb.stream, { TERM: 'dumb' }).during('BP training', 2, 0, async () => t.equal(dumb.text(), ''));
});

test('where a CI service keeps the output, progress is plain lines, also on a terminal', async (t) => {
  const shown = async (env: NodeJS.ProcessEnv) => {
    const { stream, text } = recorder(terminal);
    await progressOn(stream, { ...xterm, ...env }).during('BP training', 2, 0, async (update) => update(1));
    return text();
  };
  for (const CI of ['1', 'true', 'woodpecker']) t.equal(await shown({ CI }), '', `CI=${CI}`);
  for (const CI of ['', '0', 'false']) t.match(await shown({ CI }), /50 %/, `CI=${CI}`);
});
