/** Reads credentials that clients of Docker send: `X-Registry-Auth`, and the body of `/auth`. */
import * as t from 'io-ts'
import type { RegistryCredentials } from '../../puller/index.js'

/** What `docker login` stores for a registry. */
export const AuthConfig = t.partial({
  username: t.string,
  password: t.string,
  /** `user:password` as base64. */
  auth: t.string,
  serveraddress: t.string,
  identitytoken: t.string,
})
export type AuthConfig = t.TypeOf<typeof AuthConfig>

/** Size beyond which a header is not decoded, in characters. */
const maxLength = 16 * 1024

/** Returns the credentials of the header `X-Registry-Auth`; undefined if there are none. Like dockerd, ignores an invalid value. */
export function credentialsOfHeader(value: string | undefined): RegistryCredentials | undefined {
  if (value === undefined || value.length > maxLength) return undefined
  try {
    const decoded = AuthConfig.decode(JSON.parse(Buffer.from(value, 'base64url').toString('utf8')))
    return decoded._tag === 'Right' ? credentialsOf(decoded.right) : undefined
  } catch {
    return undefined
  }
}

/** Returns the credentials of a login; undefined if there are none. */
export function credentialsOf({
  username,
  password,
  auth,
  identitytoken,
}: AuthConfig): RegistryCredentials | undefined {
  // The user name by which Docker marks an identity token.
  if (identitytoken) return { username: '<token>', password: identitytoken }
  if (username && password) return { username, password }
  const text = Buffer.from(auth ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon > 0 ? { username: text.slice(0, colon), password: text.slice(colon + 1) } : undefined
}

/** Returns the name of the registry of a login: `docker.io` for `https://index.docker.io/v1/`. */
export function registryOf(serverAddress: string | undefined): string {
  const host = (serverAddress ?? '').replace(/^https?:\/\//i, '').replace(/\/.*$/s, '')
  return host === '' || host === 'index.docker.io' ? 'docker.io' : host
}
