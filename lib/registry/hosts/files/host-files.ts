/**
 * Reads the configuration files of a user's machine when they are needed. A parsed file is kept until the file changes.
 * Only regular files of a limited size are read, and opening never blocks; symbolic links are followed.
 */
import { readdirSync, statSync } from 'node:fs'
import { devNull } from 'node:os'
import path from 'node:path'
import { quoted } from '../../../codec/printable.js'
import { WindlassError } from '../../../errors.js'
import { OutsideFileError, readOutsideFile } from '../../../system/outside-file.js'
import type { HostRequest } from '../registry-hosts.js'
import { configFault } from './config-source.js'

/** Bytes. The largest known files, bundles of certificates, have about 250 kB. */
const maxBytes = 2 ** 20

/** Maximum number of files in a directory that are considered, and of parsed files that are kept. */
const maxFiles = 1000

/** Code of the warning about a file or directory without read permission. */
export const hostsUnreadable = 'hosts-unreadable'

/** Parses the text of the file at `path`. */
export type ParseFile<Value> = (text: string, path: string) => Value

interface KnownFile {
  readonly version: string
  readonly parse: unknown
  readonly value: unknown
}

/** The configuration files. */
export class HostFiles {
  readonly #known = new Map<string, KnownFile>()

  /**
   * Returns the parsed file; undefined if it does not exist, or if the user may not read it, which is a warning.
   * @throws USAGE when it is not a regular file, too large, or cannot be read; CANCELLED; errors of `parse`
   */
  read<Value>(file: string, parse: ParseFile<Value>, request: HostRequest = {}): Value | undefined {
    throwIfCancelled(request)
    const version = versionOf(file)
    const known = this.#known.get(file)
    if (version !== undefined && known?.version === version && known.parse === parse)
      return known.value as Value // the value that this function returned
    const text = readText(file, request)
    if (text === undefined) return undefined
    const value = parse(text, file)
    if (this.#known.size >= maxFiles) this.#known.clear()
    if (version !== undefined) this.#known.set(file, { version, parse, value })
    return value
  }

  /**
   * Returns the parsed file. A file without read permission is treated as in `read`.
   * @param namedBy - the setting that names the file, for the message
   * @throws USAGE when the file does not exist; as `read`
   */
  readRequired<Value>(
    file: string,
    parse: ParseFile<Value>,
    namedBy: string,
    request: HostRequest = {},
  ): Value | undefined {
    if (versionOf(file) === undefined && isMissing(file)) throw missingFault(file, namedBy)
    return this.read(file, parse, request)
  }

  /**
   * Returns the paths of the entries of a directory, except directories, sorted by name. Empty if it does not exist, or
   * if the user may not read it, which is a warning.
   * @throws USAGE when it cannot be read or is too large; CANCELLED
   */
  list(directory: string, request: HostRequest = {}): readonly string[] {
    throwIfCancelled(request)
    try {
      const entries = readdirSync(directory, { withFileTypes: true })
      if (entries.length > maxFiles)
        throw configFault(
          directory,
          `it has more than ${maxFiles} entries`,
          undefined,
          'Remove some of them.',
        )
      return entries
        .filter((entry) => !entry.isDirectory())
        .map(({ name }) => path.join(directory, name))
        .sort()
    } catch (error) {
      if (error instanceof WindlassError) throw error
      const code = codeOf(error)
      if (['ENOENT', 'ENOTDIR'].includes(code)) return []
      if (!isDenied(code)) throw configFault(directory, `the system denies access (${code})`)
      if (exists(directory)) warnUnreadable(directory, request)
      return []
    }
  }
}

/** Reports whether a file or directory exists; false if its parent may not be searched. */
export const exists = (file: string): boolean => statOf(file) !== undefined

/** Returns the error about a file or directory that a setting names and that does not exist. */
export const missingFault = (file: string, namedBy: string): WindlassError =>
  new WindlassError('USAGE', `${namedBy} names ${quoted(file, 500)}, which does not exist`, { path: file })

function readText(file: string, request: HostRequest): string | undefined {
  // Users set /dev/null to configure nothing.
  if (file === devNull) return ''
  try {
    return readOutsideFile(file, { maxBytes, followLink: true }).toString('utf8')
  } catch (error) {
    if (!(error instanceof OutsideFileError)) throw error
    if (error.reason === 'missing') return undefined
    if (!isDenied(error.code)) throw configFault(file, error.message)
    if (exists(file)) warnUnreadable(file, request)
    return undefined
  }
}

function warnUnreadable(file: string, { onWarning }: HostRequest): void {
  onWarning?.(hostsUnreadable, `This user may not read ${quoted(file, 500)}: it is ignored`)
}

const statOf = (file: string) => {
  try {
    return statSync(file, { bigint: true })
  } catch {
    return undefined
  }
}

const isMissing = (file: string): boolean => {
  try {
    statSync(file)
    return false
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(error))
  }
}

/** Returns a text that differs after a change of the file; undefined if it does not exist. */
function versionOf(file: string): string | undefined {
  const stat = statOf(file)
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ')
}

const isDenied = (code: string | undefined): boolean => code === 'EACCES' || code === 'EPERM'

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'

function throwIfCancelled({ signal }: HostRequest): void {
  if (signal?.aborted !== true) return
  throw new WindlassError('CANCELLED', 'Cancelled while reading the configuration of hosts', {
    cause: signal.reason,
  })
}
