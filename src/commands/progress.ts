import { MultiBar } from 'cli-progress';
import type { Progress } from '../experiment/progress.js';
import { duration } from '../words.js';

/** A moving bar on a terminal, plain lines elsewhere. */
export const progressOn = (output: NodeJS.WriteStream): Progress => (output.isTTY ? bars(output) : lines(output));

/** Seconds left, from the pace so far; undefined before there is one. */
function secondsLeft(started: number, first: number, done: number, total: number): number | undefined {
  if (done <= first) return undefined;
  return ((performance.now() - started) / 1000 / (done - first)) * (total - done);
}

function bars(output: NodeJS.WriteStream): Progress {
  return {
    log: (line) => output.write(`${line}\n`),
    begin(title, total, first) {
      const started = performance.now();
      const format = '{title} [{bar}] {percentage} %  {left}';
      const multi = new MultiBar({ stream: output, format, clearOnComplete: true, hideCursor: true, barsize: 30 });
      const bar = multi.create(total, first, { title, left: '' });
      return {
        update(done) {
          const left = secondsLeft(started, first, done, total);
          bar.update(done, { title, left: left === undefined ? '' : `${duration(left)} left` });
        },
        log: (line) => multi.log(`${line}\n`),
        end: () => multi.stop(),
      };
    },
  };
}

/** Seconds between two lines about the same work. */
const LINE_INTERVAL = 10;

function lines(output: NodeJS.WriteStream): Progress {
  const log = (line: string) => {
    output.write(`${line}\n`);
  };
  return {
    log,
    begin(title, total, first) {
      const started = performance.now();
      let lastLine = started;
      return {
        update(done) {
          const left = secondsLeft(started, first, done, total);
          if (left === undefined || performance.now() - lastLine < 1000 * LINE_INTERVAL) return;
          lastLine = performance.now();
          log(`${title}: ${Math.floor((100 * done) / total)} %, ${duration(left)} left`);
        },
        log,
        end() {},
      };
    },
  };
}
