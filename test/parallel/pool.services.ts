/* A pool whose threads the system refuses: it takes a user of its own, with a limit of its own. */
import { spawnSync } from 'node:child_process';
import { test } from 'tap';

const pool = new URL('../../src/parallel/pool.js', import.meta.url).href;
const NOBODY = 65534;

test('where not all threads can be started, a sentence says so, and the process ends', {
  skip: process.getuid?.() === 0 ? false : 'only root may take on another user',
  timeout: 60_000,
}, async (t) => {
  const program = `
    import { WorkerPool } from ${JSON.stringify(pool)};
    try {
      new WorkerPool(40, 'simd');
    } catch ({ name, message }) {
      console.log(name + ': ' + message);
    }`;
  const node = [process.execPath, '--input-type=module', '-e', program];
  // The user's other processes count, and node has threads of its own: some are started, not all.
  const line = 'ulimit -u $(($(ps -L -u $(id -u) --no-headers 2>/dev/null | wc -l) + 24)); exec "$@"';
  // A clone in a folder of root's own, as mktemp -d makes it, is to be read all the same.
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  const { stdout, stderr, status } = spawnSync('setpriv', [...user, ...reading, 'bash', '-c', line, 'bash', ...node], {
    encoding: 'utf8',
    cwd: '/',
    timeout: 30_000,
  });
  const message =
    /^UserError: The system refuses to start 40 worker threads \(.+\)\. Give fewer with --workers, or raise/;
  t.match(stdout, message, stderr);
  t.equal(status, 0, 'nothing else fails');
});

test('a closed pool starts no thread again', {
  skip: process.platform === 'linux' ? false : 'threads are counted in /proc',
}, async (t) => {
  const program = `
    import { readdirSync } from 'node:fs';
    import { WorkerPool } from ${JSON.stringify(pool)};
    const threads = () => readdirSync('/proc/self/task').length;
    const counts = [threads()];
    const pool = new WorkerPool(3, 'simd');
    counts.push(threads());
    const job = { network: { spec: {}, rule: 'bp' }, images: { count: 0 } };
    const failed = () => {};
    const running = pool.run('countCorrect', job).catch(failed);
    await pool.close();
    await running;
    await pool.run('countCorrect', job).catch(failed);
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log(JSON.stringify([...counts, threads()]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const [before, open, closed] = JSON.parse(stdout) as number[];
  t.equal(open, before + 3, stderr);
  t.equal(closed, before);
});
