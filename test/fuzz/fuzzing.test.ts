import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'tap';
import { UserError } from '../../src/errors.js';
import { type FuzzTarget, faultOf, fuzz } from './fuzzing.js';

const target = (parse: FuzzTarget['parse'], others: Partial<FuzzTarget> = {}): FuzzTarget => ({
  inputs: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  parse,
  ...others,
});

test('what is read, or refused with the file’s name, is no fault', async (t) => {
  const folder = t.testdir();
  const refuse = (path: string) => Promise.reject(new UserError(`${path} is not this.`));
  for (const parse of [() => 1, refuse]) t.equal(await fuzz(target(parse), { folder, runs: 20, seed: 1 }), undefined);
});

test('an error of another kind, without the name, or that nobody can read, is a fault', async (t) => {
  const path = join(t.testdir(), 'input');
  const fault = (error: Error, others?: Partial<FuzzTarget>) =>
    faultOf(
      target(() => Promise.reject(error), others),
      path,
      new Uint8Array(3),
    );
  t.match(await fault(new TypeError('x is undefined')), /^it throws TypeError: x is undefined\n +at /);
  t.match(await fault(new UserError('This is wrong.')), /^its message does not name .*input: This is wrong\.$/);
  t.match(await fault(new UserError('--lr is wrong.'), { names: /--batch-size/ }), /does not name \/--batch-size\//);
  t.equal(await fault(new UserError('--lr is wrong.'), { names: /--lr/ }), undefined);
  const long = new UserError('');
  long.message = `${path}${'x'.repeat(3000)}`;
  t.match(await fault(long), /^its message has 3\d+ characters/);
});

test('memory beyond the limit is a fault, though it is free again when the parser returns', {
  skip: existsSync('/proc/self/clear_refs') ? false : 'the system tells no high-water mark',
}, async (t) => {
  const path = join(t.testdir(), 'input');
  const taking = (bytes: number) => target(() => void Buffer.alloc(bytes, 1));
  t.match(await faultOf(taking(80e6), path, new Uint8Array(3)), /^it takes [789]\d MB beyond the file's own size/);
  t.equal(await faultOf(taking(10e6), path, new Uint8Array(3)), undefined);
});

test('the input of a failure is made small, and its seed finds it again', async (t) => {
  const folder = t.testdir();
  const picky = target((path, bytes) => {
    if (bytes.some((byte) => byte > 200)) throw new Error(`${path}: too much`);
  });
  const failure = await fuzz(picky, { folder, runs: 200, seed: 5 });
  t.equal(failure?.input.filter((byte) => byte > 200).length, 1);
  t.ok((failure?.input.length ?? 40) < 4, `${failure?.input}`);
  t.same(await fuzz(picky, { folder, runs: 200, seed: 5 }), failure);
});
