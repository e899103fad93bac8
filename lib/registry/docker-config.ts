/**
 * Credentials out of a Docker or Podman configuration file: `{"auths": {…}}`, and the old form that is `auths` alone
 * (S0-81). Credential helpers are not run yet: a registry that has one is asked anonymously, and if it refuses, the
 * error says that the helper was not run.
 */
import { readFile } from 'node:fs/promises'
import { WindlassError } from '../errors.js'
import { Credential } from './credential.js'
import type { Credentials } from './credentials.js'
import { printable } from '../image/printable.js'
import { canonicalRegistry } from './registry-name.js'

type Fields = ReadonlyMap<string, unknown>

const fields = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/**
 * @param path - names the file in errors
 * @throws USAGE where the file cannot be read or is not such a file
 */
export async function readDockerConfig(path: string): Promise<Credentials> {
  let content: string
  try {
    content = await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'error'
    throw new WindlassError('USAGE', `Failed to read the credentials file '${path}': ${code}`, {
      path,
      cause,
    })
  }
  return parseDockerConfig(content, path)
}

/** @throws USAGE where `content` is not such a file; the message never quotes it */
export function parseDockerConfig(content: string, path: string): Credentials {
  let json: Fields | undefined
  try {
    json = fields(JSON.parse(content.replace(/^\uFEFF/, '')))
  } catch {
    // No cause: the parser's message quotes the content.
  }
  if (json === undefined)
    throw new WindlassError('USAGE', `The credentials file '${path}' is not a JSON object`, { path })
  const entries = fields(json.get('auths')) ?? (json.has('auths') ? undefined : json)
  const found = new Map<string, Credential>()
  for (const [key, entry] of byPrecision(entries)) {
    const registry = canonicalRegistry(key)
    if (found.has(registry)) continue
    const credential = credentialOf(fields(entry), key, path)
    if (credential !== undefined) found.set(registry, credential)
  }
  const helper = helpers(json)
  return {
    for: (registry) => found.get(canonicalRegistry(registry)),
    why: (registry) => {
      const name = found.has(canonicalRegistry(registry)) ? undefined : helper(canonicalRegistry(registry))
      if (name === undefined) return undefined
      return `'${path}' names the credential helper '${printable(name, 60)}' for this registry, and helpers are not run: give the credentials themselves`
    },
  }
}

/** A key that is the host alone before one with a path: `quay.io` before `quay.io/team`. */
function byPrecision(entries: Fields | undefined): readonly (readonly [string, unknown])[] {
  const depth = (key: string): number =>
    key
      .replace(/^https?:\/\//i, '')
      .split('/')
      .filter((part) => part !== '' && !/^v[12]$/.test(part)).length
  return [...(entries ?? [])].sort(([a], [b]) => depth(a) - depth(b))
}

function credentialOf(entry: Fields | undefined, key: string, path: string): Credential | undefined {
  if (entry === undefined) return undefined
  const auth = text(entry.get('auth'))
  let [username, password] = [text(entry.get('username')), text(entry.get('password'))]
  if (auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const colon = decoded.indexOf(':')
    if (colon === -1)
      throw new WindlassError(
        'USAGE',
        `The credentials file '${path}' has an 'auth' for '${printable(key, 100)}' that is not the base64 of user:password`,
        { path },
      )
    ;[username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)]
  }
  const identity = text(entry.get('identitytoken'))
  if (identity !== '') return Credential.identity(identity, username)
  return username === '' && password === '' ? undefined : Credential.password(username, password)
}

function helpers(json: Fields): (registry: string) => string | undefined {
  const each = new Map<string, string>()
  for (const [key, name] of fields(json.get('credHelpers')) ?? [])
    each.set(canonicalRegistry(key), text(name))
  const all = text(json.get('credsStore'))
  return (registry) => each.get(registry) ?? (all === '' ? undefined : all)
}
