/** What a refused system call means to a pull: the error of the store or of the layer that it stands for. */
import { diskMeaning } from '../system/disk-meaning.js'
import { errnoOf } from '../system/errno.js'
import { WindlassError } from '../errors.js'
import { nothingKept, quoted } from './tar/refusal.js'

/** What is refused in spite of permissions: an owner, a device, an attribute. */
const notPermitted = 'The system refuses this to the user: run as root, or choose another file system.'
const another =
  'The layer is sound; the file system cannot hold it. Name a store on another one with --store.'

/** What the layer is to blame for, not the disk. */
const ofTheLayer: Readonly<Record<string, string>> = {
  ELOOP: nothingKept,
}

/** What the file system cannot hold, by the call that it refuses and then by the error. */
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
/** Calls that make a name, which EINVAL is about. */
const naming: readonly string[] = ['open', 'mkdir', 'mknod', 'symlink', 'link']

/** What `error` says that the file system cannot hold, as an object of a sentence. */
function unheld(error: unknown): string | undefined {
  const code = errnoOf(error) ?? ''
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : ''
  const named = Object.hasOwn(aliases, call) ? (aliases[call] ?? call) : call
  const byCall = Object.hasOwn(cannotHold, named) ? cannotHold[named] : undefined
  if (byCall && Object.hasOwn(byCall, code)) return byCall[code]
  if (code === 'EINVAL' && !naming.includes(call)) return undefined
  return Object.hasOwn(anyCall, code) ? anyCall[code] : undefined
}

/** LAYER_INVALID about one entry: `what` is a clause that follows its name. `path` is latin1. */
export const invalidEntry = (path: string, what: string, hint = nothingKept): WindlassError =>
  new WindlassError('LAYER_INVALID', `Unpacking ${quoted(path)} failed: ${what}`, { hint })

/**
 * `error`, thrown by a system call while unpacking the entry `path` (latin1), as a WindlassError.
 * @param into the directory, a path of this process
 */
export function failure(path: string, error: unknown, into?: string): WindlassError {
  if (error instanceof WindlassError) return error
  const code = errnoOf(error) ?? ''
  const where = into === undefined ? '' : ` into ${into}`
  const what = unheld(error)
  if (what !== undefined)
    return new WindlassError(
      'STORE_IO',
      `Unpacking ${quoted(path)}${where} failed: the file system cannot hold ${what} (${code}${calling(error)})`,
      { cause: error, hint: another, ...(into !== undefined && { path: into }) },
    )
  const meaning = diskMeaning(error)
  const ofLayer = Object.hasOwn(ofTheLayer, code) ? ofTheLayer[code] : undefined
  const hint = code === 'EPERM' ? notPermitted : (meaning?.hint ?? ofLayer)
  return new WindlassError(
    meaning?.code ?? (ofLayer === undefined ? 'STORE_IO' : 'LAYER_INVALID'),
    `Unpacking ${quoted(path)}${where} failed: ${meaning ? `${meaning.says} (${code}${calling(error)})` : described(error, code)}`,
    { cause: error, ...(into !== undefined && { path: into }), ...(hint !== undefined && { hint }) },
  )
}

/** `, open` where the error says which call it was. */
const calling = (error: unknown): string =>
  error instanceof Error && 'syscall' in error ? `, ${String(error.syscall)}` : ''

/** `ENOTDIR: not a directory, open`: without the path, which may hold any bytes and is said already. */
function described(error: unknown, code: string): string {
  const said = error instanceof Error ? error.message : String(error)
  if (code === '') return said.replace(/[^\x20-\x7e].*$/s, '…')
  return said.startsWith(code) ? said.replace(/ '.*$/s, '') : code
}
