/*
 * What can be said when the program's own files can't be loaded. This file imports no package: it must load where
 * others don't.
 */
import { diskFault, isDiskError } from '../disk/faults.js';
import { UserError } from '../errors.js';

/** Node's loader has up to a hundred files open at once. */
const FILES_NEEDED = 256;

/**
 * Why a module of the program was not loaded, as an error for a person.
 *
 * With too few open files Node's loader fails in two ways: a module can't be opened (EMFILE), or the package.json of a
 * package can't, and then Node says that the package does not exist.
 *
 * @returns undefined for an error of another kind
 */
export function loadFault(error: unknown): UserError | undefined {
  if (isDiskError(error)) return diskFault(error, 'load', error.path ?? 'the program');
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  return new UserError(
    `Can't load the program: ${message.split('\n')[0]}. Give \`npm ci\` in its folder. If the package is there already, too few files can be open at a time: raise the limit to ${FILES_NEEDED} or more (ulimit -n ${FILES_NEEDED}).`,
    { cause: error },
  );
}

/** @throws {UserError} if this Node has no WebAssembly, in which every tensor's memory is kept */
export function checkWebAssembly(): void {
  if (typeof WebAssembly !== 'undefined') return;
  throw new UserError(
    'WebAssembly is switched off in this Node, by --jitless for instance; the program keeps its tensors in WebAssembly memory. Remove that option from the command or from NODE_OPTIONS.',
  );
}
