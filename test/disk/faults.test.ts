import { getSystemErrorMap } from 'node:util';
import { test } from 'tap';
import { diskFault, faultReason, isDiskError, onDisk } from '../../src/disk/faults.js';
import { UserError } from '../../src/errors.js';

const systemError = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

test('what the system says of files is told from all other errors', async (t) => {
  t.ok(isDiskError(systemError('ENOSPC', 'write')));
  t.ok(isDiskError(systemError('EACCES', 'open')));
  t.notOk(isDiskError(systemError('EACCES', 'connect')), 'a connection');
  t.notOk(isDiskError(systemError('ECONNRESET', 'read')));
  t.notOk(isDiskError(Object.assign(new Error(), { code: 'ENOENT' })), 'not of a system call');
  for (const other of [new TypeError('x'), new DOMException('', 'AbortError'), undefined, null, 'ENOSPC', 3]) {
    t.notOk(isDiskError(other));
  }
});

test('a refusal is a sentence: what was tried, on what, why not and what to do', async (t) => {
  const full = systemError('ENOSPC', 'write');
  t.equal(faultReason(full), 'the disk is full (ENOSPC)');
  t.same(
    diskFault(full, 'write', 'out/a').message,
    "Can't write out/a: the disk is full (ENOSPC). Free some disk space, then repeat the command.",
  );
  await t.rejects(
    onDisk('read', 'a', () => Promise.reject(full)),
    UserError,
  );
  const mistake = new TypeError('x');
  await t.rejects(
    onDisk('read', 'a', () => Promise.reject(mistake)),
    mistake,
  );
  t.equal(await onDisk('read', 'a', async () => 1), 1);
});

test('every code that is known is one of the system’s', async (t) => {
  const codes = [...getSystemErrorMap().values()].map(([code]) => code);
  const known = codes.filter((code) => isDiskError(systemError(code, 'open')));
  t.ok(known.length >= 18, known.join());
});
