/** Parses one entry of `auths` in a Docker or Podman configuration file. */
import { Credential } from './credential.js'
import { type Fields, fieldsOf, textOf } from './json-fields.js'

/** The credential of an entry, and the problem with it. */
export interface DockerEntry {
  /** Undefined if the entry has no credential: `docker login` writes `{}` if a helper stores it. */
  readonly credential?: Credential
  /**
   * Problem of the entry, as a clause that does not quote it. If there is a credential, the problem does not affect
   * it.
   */
  readonly fault?: string
}

const names = ['registrytoken', 'identitytoken', 'auth', 'username', 'password'] as const

/** Reports whether an object of the old form, without `auths`, is an entry rather than a setting. */
export const looksLikeEntry = (fields: Fields | undefined): boolean =>
  names.some((name) => fields?.has(name) === true)

/** Visible ASCII, as required in a header. */
const headerPattern = /^[\x21-\x7e]*$/

/**
 * Parses an entry. Unknown fields are ignored. A field of the wrong type is an error only if the credential depends
 * on it.
 */
export function parseDockerEntry(value: unknown): DockerEntry {
  const fields = fieldsOf(value)
  if (fields === undefined) return { fault: 'is not an object' }
  const identityToken = textOf(fields, 'identitytoken') ?? ''
  const registryToken = textOf(fields, 'registrytoken') ?? ''
  if (!headerPattern.test(registryToken))
    return { fault: "has a 'registrytoken' with characters that a header cannot contain" }
  const { username = '', password = '', fault = typeFault(fields, names) } = parseLogin(fields)
  const credential = Credential.of({ username, password, identityToken, registryToken })
  return { ...(fault !== undefined && { fault }), ...(!credential.isEmpty && { credential }) }
}

interface Login {
  readonly username?: string
  readonly password?: string
  readonly fault?: string
}

/**
 * Reads the user name and password. `auth` is the base64 of `user:password` and takes precedence over `username` and
 * `password` (docker/cli, `decodeAuth`).
 */
function parseLogin(fields: Fields): Login {
  const auth = textOf(fields, 'auth') ?? ''
  if (auth === '') {
    const fault = typeFault(fields, ['username', 'password'])
    if (fault !== undefined) return { fault }
    return { username: textOf(fields, 'username') ?? '', password: textOf(fields, 'password') ?? '' }
  }
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  if (colon === -1) return { fault: "has an 'auth' that is not the base64 of user:password" }
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function typeFault(fields: Fields, candidates: readonly string[]): string | undefined {
  const wrong = candidates.find((name) => textOf(fields, name) === undefined)
  return wrong === undefined ? undefined : `has a field '${wrong}' that is not a string`
}
