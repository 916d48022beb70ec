/*
 * A process that takes a lock, for test/lock.test.ts: `node lock-child.js FILE END`. It prints `holding` once it has the
 * lock and keeps it until a line comes on standard input, or prints why it can't have it. END says how it then ends.
 */
import { once } from 'node:events';
import { withLock } from '../../src/lock.js';

const [file, end] = process.argv.slice(2) as [string, 'return' | 'throw' | 'exit'];
try {
  await withLock({ file, subject: 'the folder', advice: 'Choose another.' }, async () => {
    process.stdout.write('holding\n');
    await once(process.stdin, 'data');
    if (end === 'exit') process.exit(3);
    if (end === 'throw') throw new Error('the work failed');
  });
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
process.exit();
