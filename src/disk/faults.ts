/** The operating system's errors about files and folders, as sentences for users. All such sentences come from here. */
import { UserError } from '../errors.js';

const OTHER_PLACE = 'Choose another place, or change its permissions.';
const FREE_SPACE = 'Free some disk space, then repeat the command.';
/** Node decodes such bytes as U+FFFD, and then looks for a file of that name. */
const NOT_UTF8 =
  'If the name is not valid UTF-8 where \ufffd stands, rename the file or folder: only UTF-8 names can be opened.';

/** By the system's error code: the reason, and what to do if that isn't obvious. */
const faults: Readonly<Record<string, readonly [reason: string, remedy?: string]>> = {
  EACCES: ['permission is denied', OTHER_PLACE],
  EBUSY: ['it is in use'],
  EDQUOT: ['your disk quota is used up', FREE_SPACE],
  EEXIST: ['a file or folder of that name exists already'],
  EFBIG: ['the file would exceed the limit on file sizes', 'Choose another place, or raise the limit (ulimit -f).'],
  EIO: ['the device failed', 'Choose another place.'],
  EISDIR: ['it is a folder, where a file is expected'],
  ELOOP: ['its symbolic links form a loop'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n).'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ENFILE: ['too many files are open on this machine'],
  ENODEV: ['the device is not there'],
  ENOENT: ['there is no such file or folder'],
  ENOMEM: ['there is no memory left for it', 'End other programs, then repeat the command.'],
  ENOSPC: ['the disk is full', FREE_SPACE],
  ENOTDIR: ['a file stands where a folder is expected'],
  ENOTEMPTY: ['the folder is not empty'],
  ENXIO: ['the device is not there'],
  EPERM: ['permission is denied', OTHER_PLACE],
  EROFS: ['the file system is read-only', 'Choose another place.'],
  ESTALE: ['the file server replaced the file in the meantime', 'Repeat the command.'],
  ETXTBSY: ['it is in use'],
};

/** Returns true for a system error about a file or a folder, false for one about a connection. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && Object.hasOwn(faults, code) && syscall !== undefined && syscall !== 'connect';
}

/** Returns the reason of an error: `the disk is full (ENOSPC)`. */
export const faultReason = ({ code = '' }: NodeJS.ErrnoException): string => `${faults[code][0]} (${code})`;

/**
 * Makes an error for the user from a system error.
 *
 * @param action the action that failed, such as `write`
 * @param path the file or folder
 */
export function diskFault(error: NodeJS.ErrnoException, action: string, path: string): UserError {
  const undecoded = error.code === 'ENOENT' && path.includes('\ufffd');
  const remedy = undecoded ? NOT_UTF8 : faults[error.code ?? ''][1];
  const text = `Can't ${action} ${path}: ${faultReason(error)}.`;
  return new UserError(remedy === undefined ? text : `${text} ${remedy}`, { cause: error });
}

/**
 * Does work on a file or a folder, and explains the system's errors.
 *
 * @param action the action for messages, such as `write`
 * @throws {UserError} for an error of the system; any other error is thrown as it is
 */
export async function onDisk<Result>(action: string, path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw isDiskError(error) ? diskFault(error, action, path) : error;
  }
}
