/** Converts errors of system calls during unpacking to errors of the store or of the layer. */
import { diskMeaning, type DiskPlace } from '../system/disk-meaning.js'
import { errnoOf } from '../system/errno.js'
import { WindlassError } from '../errors.js'
import { nothingKeptHint, quotedLatin1 } from './tar/refusal.js'

/** The hint for EPERM: the process lacks a privilege, for example to set an owner or to create a device. */
const notPermittedHint = 'This user may not do that. Run as root, or use another file system.'
/** Hints for entries that the file system cannot store. */
const otherFileSystemHints: Readonly<Record<DiskPlace, string>> = {
  store:
    'The layer is valid, but the file system cannot store it. Name a store on another file system with --store.',
  target:
    'The image is valid, but the file system cannot store it. Name a directory on another file system to unpack into.',
}

/** Hints for errors that the layer causes and not the disk, by error code. */
const layerErrorHints: Readonly<Record<string, string>> = {
  ELOOP: nothingKeptHint,
}

/** What the file system cannot store, by kind of system call and error code. */
const unsupportedByCall: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mode: { EPERM: 'its mode', ENOTSUP: 'its mode', EINVAL: 'its mode' },
  symlink: { EPERM: 'symlinks', ENOTSUP: 'symlinks', ENOSYS: 'symlinks' },
  link: {
    EPERM: 'hard links',
    ENOTSUP: 'hard links',
    ENOSYS: 'hard links',
    EMLINK: 'so many links to one file',
  },
  mkdir: { EMLINK: 'so many directories in one' },
  write: { EFBIG: 'a file of that size' },
}
/**
 * What the file system cannot store, by error code. Used if `unsupportedByCall` does not list the code for the call.
 */
const unsupportedByError: Readonly<Record<string, string>> = {
  ENAMETOOLONG: 'a name of that length',
  EILSEQ: 'a name of these bytes',
  EINVAL: 'a name of these characters',
}
/** Maps system calls to the kinds of `unsupportedByCall`. The kind of any other call is its own name. */
const callKinds: Readonly<Record<string, string>> = {
  chmod: 'mode',
  fchmod: 'mode',
  ftruncate: 'write',
  copy_file_range: 'write',
}
/** System calls that create a name, for which EINVAL refers to the name. */
const namingCalls: readonly string[] = ['open', 'mkdir', 'mknod', 'symlink', 'link']

/** Returns what the file system cannot store, as the object of a sentence; undefined if `error` has another cause. */
function unsupportedFeature(error: unknown): string | undefined {
  const code = errnoOf(error) ?? ''
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  const callKind = Object.hasOwn(callKinds, call) ? (callKinds[call] ?? call) : call
  const byCall = Object.hasOwn(unsupportedByCall, callKind) ? unsupportedByCall[callKind] : undefined
  if (byCall && Object.hasOwn(byCall, code)) return byCall[code]
  if (code === 'EINVAL' && !namingCalls.includes(call)) return undefined
  return Object.hasOwn(unsupportedByError, code) ? unsupportedByError[code] : undefined
}

/** Returns a LAYER_INVALID error. `path` is the entry (latin1), and `what` is a clause that states the problem. */
export const invalidEntryError = (path: string, what: string, hint = nothingKeptHint): WindlassError =>
  new WindlassError('LAYER_INVALID', `Unpacking ${quotedLatin1(path)} failed: ${what}`, { hint })

/**
 * Converts the error of a system call that failed while the entry `path` (latin1) was unpacked. Returns a STORE_* or
 * LAYER_INVALID error; returns a WindlassError unchanged.
 * @param into the directory to unpack into, as UTF-8
 * @param place what that directory belongs to
 */
export function unpackError(
  path: string,
  error: unknown,
  into?: string,
  place: DiskPlace = 'store',
): WindlassError {
  if (error instanceof WindlassError) return error
  const code = errnoOf(error) ?? ''
  const where = into === undefined ? '' : ` into ${into}`
  const what = unsupportedFeature(error)
  if (what !== undefined)
    return new WindlassError(
      'STORE_IO',
      `Unpacking ${quotedLatin1(path)}${where} failed: the file system cannot store ${what} (${code}${callSuffix(error)})`,
      { cause: error, hint: otherFileSystemHints[place], ...(into !== undefined && { path: into }) },
    )
  const meaning = diskMeaning(error, undefined, place)
  const layerHint = Object.hasOwn(layerErrorHints, code) ? layerErrorHints[code] : undefined
  const hint = code === 'EPERM' ? notPermittedHint : (meaning?.hint ?? layerHint)
  return new WindlassError(
    meaning?.code ?? (layerHint === undefined ? 'STORE_IO' : 'LAYER_INVALID'),
    `Unpacking ${quotedLatin1(path)}${where} failed: ${meaning ? `${meaning.says} (${code}${callSuffix(error)})` : messageWithoutPath(error, code)}`,
    { cause: error, ...(into !== undefined && { path: into }), ...(hint !== undefined && { hint }) },
  )
}

/** Returns the system call for the message, for example `, open`. */
const callSuffix = (error: unknown): string =>
  error instanceof Error && 'syscall' in error ? `, ${String(error.syscall)}` : ''

/**
 * Returns the message of `error` without the path: our message already contains it, and the path may contain any bytes.
 */
function messageWithoutPath(error: unknown, code: string): string {
  const message = error instanceof Error ? error.message : String(error)
  if (code === '') return message.replace(/[^\x20-\x7e].*$/s, '…')
  return message.startsWith(code) ? message.replace(/ '.*$/s, '') : code
}
