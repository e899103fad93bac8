/**
 * Reads credentials from a file at the time they are needed. The file must be a regular file of limited size: opening
 * a FIFO would block, and a device may have no end. Symbolic links are followed.
 */
import { constants } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { devNull } from 'node:os'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Credentials } from './credentials.js'
import { parseDockerConfig } from './docker-config.js'

/** Settings of `credentialsFile`. */
export interface CredentialsFileOptions {
  /** If true, a missing file or a directory holds no credentials; otherwise it is an error (default false). */
  readonly optional?: boolean
  /**
   * If true, a file without read permission is ignored with a warning, as Docker does; otherwise it is an error
   * (default false). If its directory cannot be searched, the file counts as missing.
   */
  readonly skipUnreadable?: boolean
  /** Name of the setting that names the file, such as `REGISTRY_AUTH_FILE`; used in the hint for a missing file. */
  readonly namedBy?: string
}

/** Bytes. Kubernetes limits secrets to 1 MiB. */
const maxBytes = 4 * 2 ** 20

/** Code of the warning about a file without read permission. */
export const credentialsUnreadable = 'credentials-unreadable'

/**
 * Returns the credentials in the file at `path`. The file is read again for each repository, so that a later login
 * takes effect. The returned functions throw USAGE when the file cannot be read or parsed.
 */
export function credentialsFile(path: string, options: CredentialsFileOptions = {}): Credentials {
  const { optional = false, skipUnreadable = false, namedBy } = options
  const read = async (): Promise<Credentials | 'missing' | 'unreadable'> => {
    try {
      const content = await readBounded(path)
      if (content !== undefined) return parseDockerConfig(content, path)
      // Kubernetes mounts a directory for an optional secret that does not exist.
      if (optional) return 'missing'
      throw fileError(path, 'is a directory')
    } catch (error) {
      if (error instanceof WindlassError) throw error
      const code = codeOf(error)
      if (optional && ['ENOENT', 'ENOTDIR'].includes(code)) return 'missing'
      if (skipUnreadable && code === 'EACCES') return (await exists(path)) ? 'unreadable' : 'missing'
      throw readError(path, error)
    }
  }
  const unreadable = `This user may not read the credentials file ${quoted(path)}`
  return {
    async for(repositoryName, request) {
      const found = await read()
      if (found === 'unreadable') request?.onWarning?.(credentialsUnreadable, `${unreadable}: it is ignored`)
      return typeof found === 'string' ? undefined : found.for(repositoryName, request)
    },
    async why(repositoryName) {
      const found = await read()
      if (found === 'unreadable') return `${unreadable}.`
      if (found === 'missing')
        return namedBy === undefined ? undefined : `${namedBy} names ${quoted(path)}, which does not exist.`
      return found.why?.(repositoryName)
    },
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/**
 * Checks that `path` exists. Its content is checked when credentials are needed.
 * @throws USAGE when it does not exist or cannot be accessed
 */
export async function requireCredentialsFile(path: string): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw readError(path, error)
  })
}

function readError(path: string, cause: unknown): WindlassError {
  const code = codeOf(cause)
  const why = code === 'ENOENT' ? 'the file does not exist' : code
  return new WindlassError('USAGE', `Failed to read the credentials file ${quoted(path)}: ${why}`, {
    ...{ path, cause },
  })
}

/**
 * Returns the text of the file; undefined for a directory.
 * @throws USAGE when it is not a regular file or too large; errors of `open`
 */
async function readBounded(path: string): Promise<string | undefined> {
  // Users set /dev/null to configure no credentials.
  if (path === devNull) return ''
  const file = await openWithoutWaiting(path)
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) return undefined
    if (!stat.isFile()) throw notRegularError(path)
    if (stat.size > maxBytes) throw tooLargeError(path)
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of file.createReadStream({
      autoClose: false,
      end: maxBytes,
    }) as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
    }
    // the file has grown since its size was read
    if (length > maxBytes) throw tooLargeError(path)
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
    if (['ENXIO', 'ENODEV'].includes(codeOf(error))) throw notRegularError(path)
    throw error
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'error'

const tooLargeError = (path: string): WindlassError =>
  fileError(path, `is larger than ${maxBytes / 2 ** 20} MiB`)

const notRegularError = (path: string): WindlassError => fileError(path, 'is not a regular file')

const fileError = (path: string, what: string): WindlassError =>
  new WindlassError('USAGE', `The credentials file ${quoted(path)} ${what}`, { path })
