import type { Pace, Progress } from '../experiment/progress.js';
import { duration } from '../words.js';
import { widthOf } from './terminal.js';

/** A moving bar on a terminal, plain lines elsewhere: a dumb terminal, or one of a CI service, keeps every redrawing. */
export function progressOn(output: NodeJS.WriteStream, { TERM, CI = '' } = process.env): Progress {
  const kept = TERM === 'dumb' || !['', '0', 'false'].includes(CI);
  return output.isTTY && !kept ? bar(output) : lines(output);
}

/** Back to the beginning of the line, and nothing on it. */
const ERASE = '\r\u001b[K';

/**
 * One bar in the terminal's last line. The cursor is never hidden, no timer runs, and every line is written at once:
 * however the process ends, there is nothing to restore and nothing to lose.
 */
function bar(output: NodeJS.WriteStream): Progress {
  let shown = '';
  const show = (text: string) => {
    if (text === shown) return;
    output.write(`${ERASE}${text}`);
    shown = text;
  };
  return {
    log: (line) => void output.write(shown === '' ? `${line}\n` : `${ERASE}${line}\n${shown}`),
    async during(title, total, first, work, pace) {
      const before = shown;
      const left = timeLeft(total, first, pace);
      // A column stays free: a full line would bring the cursor to the next one.
      const update = (done: number, now = title) =>
        show(barText(now, share(done, total), left(done), widthOf(output) - 1));
      update(first);
      try {
        return await work(update);
      } finally {
        show(before);
      }
    },
  };
}

/** Of no work at all, everything is done. */
const share = (done: number, total: number): number => (total > 0 ? Math.min(1, done / total) : 1);

const BAR = 30;

/**
 * `BP training [=======-------] 50 %  1 min 3 s left`, or as much of it as there is room for: the bar goes first, then
 * the time that is left, and the end of the title last.
 */
export function barText(title: string, done: number, left: string, width: number): string {
  const percentage = `${Math.floor(100 * done)} %`;
  const filled = Math.round(BAR * done);
  const drawn = `[${'='.repeat(filled)}${'-'.repeat(BAR - filled)}]`;
  const rest = left === '' ? '' : `  ${left}`;
  const forms = [`${title} ${drawn} ${percentage}${rest}`, `${title} ${percentage}${rest}`, `${title} ${percentage}`];
  const room = Math.max(0, width - percentage.length - 1);
  const cut = `${title.slice(0, room).trimEnd()} ${percentage}`.trimStart().slice(0, width);
  return forms.find((form) => form.length <= width) ?? cut;
}

/**
 * Says how long the rest will take, by the pace so far and by what was known of it before: `1 min 3 s left`; nothing
 * before there is a pace.
 */
function timeLeft(total: number, first: number, known: Pace = { units: 0, seconds: 0 }): (done: number) => string {
  const started = performance.now();
  return (done) => {
    const units = known.units + done - first;
    if (units <= 0) return '';
    const seconds = known.seconds + (performance.now() - started) / 1000;
    return `${duration((seconds / units) * (total - done))} left`;
  };
}

/** Seconds between two lines about the same work. */
const LINE_INTERVAL = 10;

function lines(output: NodeJS.WriteStream): Progress {
  const log = (line: string) => void output.write(`${line}\n`);
  return {
    log,
    during(title, total, first, work, pace) {
      const left = timeLeft(total, first, pace);
      let lastLine = performance.now();
      return work((done, now = title) => {
        if (done <= first || performance.now() - lastLine < 1000 * LINE_INTERVAL) return;
        lastLine = performance.now();
        log(`${now}: ${Math.floor(100 * share(done, total))} %, ${left(done)}`);
      });
    },
  };
}
