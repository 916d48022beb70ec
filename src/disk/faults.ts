/** What the system says when it refuses a file or a folder, in sentences for a person: all of them come from here. */
import { UserError } from '../errors.js';

const OTHER_PLACE = 'Choose another place, or change its permissions.';
const MAKE_ROOM = 'Make room, then give the same command again.';

/** By the system's code: why it refuses, and what to do about it where that is not plain. */
const faults: Readonly<Record<string, readonly [reason: string, remedy?: string]>> = {
  EACCES: ['permission is denied', OTHER_PLACE],
  EBUSY: ['it is in use'],
  EDQUOT: ['your share of the disk is used up', MAKE_ROOM],
  EEXIST: ['something else of that name is there already'],
  EFBIG: ['files as large as that are not allowed here', 'Choose another place, or raise the limit (ulimit -f).'],
  EIO: ['the device failed', 'Choose another place.'],
  EISDIR: ['it is a folder, where a file is expected'],
  ELOOP: ['its symbolic links lead round in a circle'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n).'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ENFILE: ['too many files are open on this machine'],
  ENODEV: ['the device is not there'],
  ENOENT: ['there is no such file or folder'],
  ENOMEM: ['there is no memory left for it', 'End other programs, then give the same command again.'],
  ENOSPC: ['the disk is full', MAKE_ROOM],
  ENOTDIR: ['a file stands where a folder is expected'],
  ENOTEMPTY: ['the folder is not empty'],
  ENXIO: ['the device is not there'],
  EPERM: ['permission is denied', OTHER_PLACE],
  EROFS: ['the file system is read-only', 'Choose another place.'],
  ESTALE: ['the file was replaced on its server meanwhile', 'Give the same command again.'],
  ETXTBSY: ['it is in use'],
};

/** An error of the system's about a file or a folder; not one about a connection. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && Object.hasOwn(faults, code) && syscall !== undefined && syscall !== 'connect';
}

/** Why the system refused: `the disk is full (ENOSPC)`. */
export const faultReason = ({ code = '' }: NodeJS.ErrnoException): string => `${faults[code][0]} (${code})`;

/**
 * A refusal of the system's as an error for a person.
 *
 * @param action what was tried, such as `write`
 * @param path what it was tried on
 */
export function diskFault(error: NodeJS.ErrnoException, action: string, path: string): UserError {
  const [, remedy] = faults[error.code ?? ''];
  const text = `Can't ${action} ${path}: ${faultReason(error)}.`;
  return new UserError(remedy === undefined ? text : `${text} ${remedy}`, { cause: error });
}

/**
 * Does something with a file or a folder.
 *
 * @param action what is done, such as `write`
 * @throws {UserError} if the system refuses; any other error as it is
 */
export async function onDisk<Result>(action: string, path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isDiskError(error) ? diskFault(error, action, path) : error;
  }
}
