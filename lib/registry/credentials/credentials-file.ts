/** Reads credentials from a file at the time they are needed. */
import { stat } from 'node:fs/promises'
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Credentials } from './credentials.js'
import { fileOrigin } from './config-origin.js'
import { configCredentials } from './docker-config.js'
import { CredentialHelpers } from './credential-helpers.js'
import { codeOf, fileError, readConfigFile } from './read-config-file.js'

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
  /** Environment of the credential helpers that the file names (default `process.env`). */
  readonly env?: NodeJS.ProcessEnv
}

/** Code of the warning about a file without read permission. */
export const credentialsUnreadable = 'credentials-unreadable'

/**
 * Returns the credentials in the file at `path`. The file is read again for each repository, so that a later login
 * takes effect. The returned functions throw USAGE when the file cannot be read or parsed, and errors of
 * `parseDockerConfig`.
 */
export function credentialsFile(path: string, options: CredentialsFileOptions = {}): Credentials {
  const { optional = false, skipUnreadable = false, namedBy, env } = options
  const helpers = new CredentialHelpers(env && { env })
  const read = async (): Promise<Credentials | 'missing' | 'unreadable'> => {
    try {
      const content = await readConfigFile(path)
      if (content !== undefined) return configCredentials(content, fileOrigin(path), helpers)
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
