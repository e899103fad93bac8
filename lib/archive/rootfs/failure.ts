/** What a refused system call means to a pull: the error of the store or of the layer that it stands for. */
import { diskMeaning } from '../../bytes/disk-meaning.js'
import { errnoOf } from '../../bytes/errno.js'
import { WindlassError } from '../../errors.js'
import { nothingKept, quoted } from '../tar/refusal.js'

/** What is refused in spite of permissions: an owner, a device, an attribute. */
const notPermitted = 'The system refuses this to the user: run as root, or choose another file system.'

/** What the layer is to blame for, not the disk. */
const ofTheLayer: Readonly<Record<string, string>> = {
  ENAMETOOLONG: 'The name is longer than the file system allows; the layer cannot be unpacked here.',
  ELOOP: nothingKept,
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
  const meaning = diskMeaning(error)
  const code = errnoOf(error) ?? ''
  const ofLayer = Object.hasOwn(ofTheLayer, code) ? ofTheLayer[code] : undefined
  const hint = code === 'EPERM' ? notPermitted : (meaning?.hint ?? ofLayer)
  const where = into === undefined ? '' : ` into ${into}`
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
