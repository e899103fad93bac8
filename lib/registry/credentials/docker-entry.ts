/** One entry of `auths` in a Docker or Podman configuration file, as a credential. */
import { Credential } from './credential.js'
import { type Fields, fieldsOf, textOf } from './json-fields.js'

export interface DockerEntry {
  /** Undefined where the entry holds none: `docker login` leaves `{}` where a helper keeps the credential. */
  readonly credential?: Credential
  /** What is wrong with the entry, as a clause that quotes nothing of it. With a credential, it was not needed. */
  readonly fault?: string
}

const names = ['registrytoken', 'identitytoken', 'auth', 'username', 'password'] as const

/** Whether an object of the old form, without `auths`, is an entry and no setting. */
export const looksLikeEntry = (fields: Fields | undefined): boolean =>
  names.some((name) => fields?.has(name) === true)

/** Visible ASCII, as a header takes it. */
const headerText = /^[\x21-\x7e]*$/

/** Reads an entry. Unknown fields do not matter, and a field of the wrong kind only where no credential comes without it. */
export function parseDockerEntry(value: unknown): DockerEntry {
  const fields = fieldsOf(value)
  if (fields === undefined) return { fault: 'is not an object' }
  const identityToken = textOf(fields, 'identitytoken') ?? ''
  const registryToken = textOf(fields, 'registrytoken') ?? ''
  if (!headerText.test(registryToken)) return { fault: "has a 'registrytoken' that no header can hold" }
  const { username = '', password = '', fault = wrongKind(fields, names) } = parseLogin(fields)
  const credential = Credential.of({ username, password, identityToken, registryToken })
  return { ...(fault !== undefined && { fault }), ...(!credential.isEmpty && { credential }) }
}

interface Login {
  readonly username?: string
  readonly password?: string
  readonly fault?: string
}

/** `auth` is the base64 of `user:password` and goes before `username` and `password` (docker/cli, `decodeAuth`). */
function parseLogin(fields: Fields): Login {
  const auth = textOf(fields, 'auth') ?? ''
  if (auth === '') {
    const fault = wrongKind(fields, ['username', 'password'])
    if (fault !== undefined) return { fault }
    return { username: textOf(fields, 'username') ?? '', password: textOf(fields, 'password') ?? '' }
  }
  const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = decoded.indexOf(':')
  if (colon === -1) return { fault: "has an 'auth' that is not the base64 of user:password" }
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

function wrongKind(fields: Fields, among: readonly string[]): string | undefined {
  const wrong = among.find((name) => textOf(fields, name) === undefined)
  return wrong === undefined ? undefined : `has a field '${wrong}' that is not a text`
}
