import { messageOf } from '../core/errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is a file',
  EEXIST: 'a file is there already',
  EACCES: 'there is no permission',
  EPERM: 'there is no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EIO: 'the terminal or device is gone',
  ENXIO: 'the terminal or device is gone',
  EPIPE: 'its reader has gone away',
};

/** What the operating system said, in words. */
export function reasonOf(cause: unknown): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? messageOf(cause);
}
