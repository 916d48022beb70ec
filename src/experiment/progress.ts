import { MultiBar } from 'cli-progress';

/** Shows how far long work is, and when it will be done. */
export interface Progress {
  /** Starts a piece of work of `total` units, `done` of which an earlier run did. */
  begin(title: string, total: number, done: number): ProgressBar;
  /** Prints a line. */
  log(line: string): void;
}

export interface ProgressBar {
  update(done: number): void;
  /** Prints a line that stays, above the bar. */
  log(line: string): void;
  end(): void;
}

/** Prints nothing: for the library and tests. */
export const silent: Progress = {
  begin: () => ({ update() {}, log() {}, end() {} }),
  log() {},
};

/** A moving bar on a terminal, plain lines elsewhere. */
export const progressOn = (output: NodeJS.WriteStream): Progress => (output.isTTY ? bars(output) : lines(output));

/** Seconds left, from the pace so far; undefined before there is one. */
function secondsLeft(started: number, first: number, done: number, total: number): number | undefined {
  if (done <= first) return undefined;
  return ((performance.now() - started) / 1000 / (done - first)) * (total - done);
}

/** `95` as `1 min 35 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
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
