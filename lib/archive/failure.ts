/** Converts errors of system calls during unpacking to errors of the store or of the layer. */
import { diskMeaning, type DiskPlace } from '../system/disk-meaning.js'
import { errnoOf } from '../system/errno.js'
import { WindlassError } from '../errors.js'
import { nothingKept, quoted } from './tar/refusal.js'

/** The hint for an owner, a device or an attribute that is refused regardless of permission bits. */
const notPermitted = 'This user may not do that. Run as root, or use another file system.'
const otherFileSystem: Readonly<Record<DiskPlace, string>> = {
  store:
    'The layer is valid, but the file system cannot store it. Name a store on another file system with --store.',
  target:
    'The image is valid, but the file system cannot store it. Name a directory on another file system to unpack into.',
}

/** Hints for errors that the layer causes, not the disk. */
const ofTheLayer: Readonly<Record<string, string>> = {
  ELOOP: nothingKept,
}

/** What the file system cannot store, by system call and error. */
const cannotHold: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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
const anyCall: Readonly<Record<string, string>> = {
  ENAMETOOLONG: 'a name of that length',
  EILSEQ: 'a name of these bytes',
  EINVAL: 'a name of these characters',
}
const aliases: Readonly<Record<string, string>> = {
  chmod: 'mode',
  fchmod: 'mode',
  ftruncate: 'write',
  copy_file_range: 'write',
}
/** System calls that create a name, for which EINVAL refers to the name. */
const naming: readonly string[] = ['open', 'mkdir', 'mknod', 'symlink', 'link']

/** Returns what the file system cannot store according to `error`, as the object of a sentence. */
function unsupported(error: unknown): string | undefined {
  const code = errnoOf(error) ?? ''
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  const named = Object.hasOwn(aliases, call) ? (aliases[call] ?? call) : call
  const byCall = Object.hasOwn(cannotHold, named) ? cannotHold[named] : undefined
  if (byCall && Object.hasOwn(byCall, code)) return byCall[code]
  if (code === 'EINVAL' && !naming.includes(call)) return undefined
  return Object.hasOwn(anyCall, code) ? anyCall[code] : undefined
}

/** Returns the LAYER_INVALID error for an entry. `path` is latin1; `what` is a clause that follows it. */
export const invalidEntry = (path: string, what: string, hint = nothingKept): WindlassError =>
  new WindlassError('LAYER_INVALID', `Unpacking ${quoted(path)} failed: ${what}`, { hint })

/**
 * Converts an error of a system call while unpacking the entry `path` (latin1) to STORE_* or LAYER_INVALID. A
 * WindlassError is returned unchanged.
 * @param into the directory, a path of this process (UTF-8)
 * @param place what the directory belongs to
 */
export function failure(
  path: string,
  error: unknown,
  into?: string,
  place: DiskPlace = 'store',
): WindlassError {
  if (error instanceof WindlassError) return error
  const code = errnoOf(error) ?? ''
  const where = into === undefined ? '' : ` into ${into}`
  const what = unsupported(error)
  if (what !== undefined)
    return new WindlassError(
      'STORE_IO',
      `Unpacking ${quoted(path)}${where} failed: the file system cannot store ${what} (${code}${callSuffix(error)})`,
      { cause: error, hint: otherFileSystem[place], ...(into !== undefined && { path: into }) },
    )
  const meaning = diskMeaning(error, undefined, place)
  const ofLayer = Object.hasOwn(ofTheLayer, code) ? ofTheLayer[code] : undefined
  const hint = code === 'EPERM' ? notPermitted : (meaning?.hint ?? ofLayer)
  return new WindlassError(
    meaning?.code ?? (ofLayer === undefined ? 'STORE_IO' : 'LAYER_INVALID'),
    `Unpacking ${quoted(path)}${where} failed: ${meaning ? `${meaning.says} (${code}${callSuffix(error)})` : described(error, code)}`,
    { cause: error, ...(into !== undefined && { path: into }), ...(hint !== undefined && { hint }) },
  )
}

/** Returns the system call for the message, for example `, open`. */
const callSuffix = (error: unknown): string =>
  error instanceof Error && 'syscall' in error ? `, ${String(error.syscall)}` : ''

/** Returns the message of `error` without the path, which may contain any bytes and is already in the message. */
function described(error: unknown, code: string): string {
  const said = error instanceof Error ? error.message : String(error)
  if (code === '') return said.replace(/[^\x20-\x7e].*$/s, '…')
  return said.startsWith(code) ? said.replace(/ '.*$/s, '') : code
}
