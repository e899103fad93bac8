/**
 * A credentials file on disk, read when credentials are asked for. What is there is a regular file of a bounded size
 * before a byte of it is read: a FIFO would be waited for, a device would have no end. Links are followed: people link
 * their files.
 */
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { WindlassError } from '../../errors.js'
import { printable } from '../../codec/printable.js'
import type { Credentials } from './credentials.js'
import { parseDockerConfig } from './docker-config.js'

export interface CredentialsFileOptions {
  /** Whether a file that is not there, or is a directory, holds no credentials (false: it is an error). */
  readonly optional?: boolean
  /**
   * Whether a file that may not be read is ignored with a warning, as Docker does (false: it is an error). One in a
   * directory that may not be searched counts as absent: nobody can say whether it is there.
   */
  readonly skipUnreadable?: boolean
  /** Who named the file (`REGISTRY_AUTH_FILE`): told in the hint where it is not there. */
  readonly namedBy?: string
}

/** Bytes. The largest file that Kubernetes keeps as a secret has 1 MiB. */
const maxBytes = 4 * 2 ** 20

/** Code of the warning about a file that may not be read. */
export const credentialsUnreadable = 'credentials-unreadable'

/** The credentials in the file at `path`: read anew for each repository, so that a login in the meantime counts. */
export function credentialsFile(path: string, options: CredentialsFileOptions = {}): Credentials {
  const { optional = false, skipUnreadable = false, namedBy } = options
  const read = async (): Promise<Credentials | 'absent' | 'unreadable'> => {
    try {
      const content = await readBounded(path)
      if (content !== undefined) return parseDockerConfig(content, path)
      // Kubernetes makes one where a secret that is optional does not exist.
      if (optional) return 'absent'
      throw refused(path, 'is a directory')
    } catch (error) {
      if (error instanceof WindlassError) throw error
      const code = codeOf(error)
      if (optional && ['ENOENT', 'ENOTDIR'].includes(code)) return 'absent'
      if (skipUnreadable && code === 'EACCES') return (await canBeSeen(path)) ? 'unreadable' : 'absent'
      throw unread(path, error)
    }
  }
  const unreadable = `The credentials file '${printable(path)}' may not be read by this user`
  return {
    async for(asked, request) {
      const found = await read()
      if (found === 'unreadable')
        request?.onWarning?.(credentialsUnreadable, `${unreadable}, and was ignored`)
      return typeof found === 'string' ? undefined : found.for(asked, request)
    },
    async why(asked) {
      const found = await read()
      if (found === 'unreadable') return unreadable
      if (found === 'absent')
        return namedBy === undefined ? undefined : `${namedBy} names '${printable(path)}', which is not there`
      return found.why?.(asked)
    },
  }
}

const canBeSeen = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** @throws USAGE where there is nothing at `path`; what is there is looked at when credentials are needed */
export async function requireCredentialsFile(path: string): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw unread(path, error)
  })
}

function unread(path: string, cause: unknown): WindlassError {
  const code = codeOf(cause)
  const why = code === 'ENOENT' ? 'there is no such file' : code
  return new WindlassError('USAGE', `Failed to read the credentials file '${printable(path)}': ${why}`, {
    ...{ path, cause },
  })
}

/** The file's text; undefined for a directory. @throws USAGE where it is not a regular file or too large; what `open` throws */
async function readBounded(path: string): Promise<string | undefined> {
  // How people say that there are no credentials.
  if (path === devNull) return ''
  const file = await openWithoutWaiting(path)
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) return undefined
    if (!stat.isFile()) throw notRegular(path)
    if (stat.size > maxBytes) throw tooLarge(path)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of file.createReadStream({
      autoClose: false,
      end: maxBytes,
    }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
    }
    // It grew in the meantime.
    if (length > maxBytes) throw tooLarge(path)
    return Buffer.concat(chunks, length).toString('utf8')
  } finally {
    await file.close()
  }
}

async function openWithoutWaiting(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch (error) {
    // A socket, or a device without a driver.
    if (['ENXIO', 'ENODEV'].includes(codeOf(error))) throw notRegular(path)
    throw error
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'

const tooLarge = (path: string): WindlassError => refused(path, `is larger than ${maxBytes / 2 ** 20} MiB`)

const notRegular = (path: string): WindlassError => refused(path, 'is not a regular file')

const refused = (path: string, what: string): WindlassError =>
  new WindlassError('USAGE', `The credentials file '${printable(path)}' ${what}`, { path })
