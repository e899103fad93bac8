/**
 * Parses the credentials in a Docker or Podman configuration file: `{"auths": {…}}`, or the old form without `auths`.
 * Credential helpers are not supported: a registry that needs one is accessed anonymously, and if access is refused,
 * the hint mentions the helper.
 */
import { WindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import { bySpecificity, parseCredentialKey, type CredentialKey } from './credential-key.js'
import type { Credentials } from './credentials.js'
import { looksLikeEntry, parseDockerEntry, type DockerEntry } from './docker-entry.js'
import { fieldsOf, textOf, type Fields } from './json-fields.js'
import { canonicalRegistry, type RepositoryName } from '../policy/registry-name.js'

/** Code of the warning about entries that could not be read and were not needed. */
export const credentialsIgnored = 'credentials-ignored'

type Entry = CredentialKey & DockerEntry

/**
 * Parses a configuration file. An empty file holds no credentials. The returned `for` throws USAGE when the entry for
 * the repository is malformed.
 * @param path - path of the file for messages
 * @throws USAGE when `content` is not a configuration file; the message does not quote it
 */
export function parseDockerConfig(content: string, path: string): Credentials {
  const json = parseObject(content, path)
  const entries = entriesOf(json, path).filter(({ credential, fault }) => (credential ?? fault) !== undefined)
  const helperOf = helperLookup(json)
  const bestEntry = (repositoryName: RepositoryName): Entry | undefined =>
    bySpecificity(entries, repositoryName)[0]
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- `async` turns what is thrown into a rejection
    async for(repositoryName, { onWarning } = {}) {
      const found = bestEntry(repositoryName)
      if (found?.fault !== undefined && found.credential === undefined)
        throw configError(`${describeEntry(found, path)} ${found.fault}`, path)
      const [first, ...others] = entries.filter(({ fault }) => fault !== undefined)
      if (first !== undefined) onWarning?.(credentialsIgnored, ignoredMessage(path, [first, ...others]))
      return found?.credential
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async why(repositoryName) {
      if (bestEntry(repositoryName) !== undefined) return undefined
      const name = helperOf(canonicalRegistry(repositoryName.registry))
      if (name !== undefined)
        return `${quoted(path)} leaves the login for this registry to the credential helper ${quoted(name, 60)}, and Windlass runs no helpers. Log in with --username and --password-stdin, or with --authfile.`
      const others = entries.filter(({ registry }) => registry === canonicalRegistry(repositoryName.registry))
      if (others.length === 0) return undefined
      return `${quoted(path)} has credentials for ${formatKeys(others)}, but none for ${repositoryName.registry}/${repositoryName.repository}.`
    },
  }
}

function parseObject(content: string, path: string): Fields {
  const text = content.replace(/^\uFEFF/, '')
  let value: unknown
  try {
    value = text.trim() === '' ? null : JSON.parse(text)
  } catch {
    // No cause: the message of the parser quotes the content.
    throw shapeError(path, 'is not JSON')
  }
  const fields = fieldsOf(value ?? {})
  if (fields === undefined) throw shapeError(path, 'is not a JSON object')
  return fields
}

function entriesOf(json: Fields, path: string): readonly Entry[] {
  const auths = json.get('auths')
  if (auths !== undefined && fieldsOf(auths) === undefined)
    throw shapeError(path, "has an 'auths' that is not an object")
  const legacy = [...json].filter(([, value]) => looksLikeEntry(fieldsOf(value)))
  const entries = auths === undefined ? legacy : [...(fieldsOf(auths) ?? [])]
  return entries.map(([key, value]) => ({ ...parseCredentialKey(key), ...parseDockerEntry(value) }))
}

/**
 * Returns a function that finds the helper of a registry by its canonical name. Settings of the wrong type are
 * ignored, since helpers are not run.
 */
function helperLookup(json: Fields): (registry: string) => string | undefined {
  const byRegistry = new Map<string, string>()
  for (const [key, name] of fieldsOf(json.get('credHelpers')) ?? [])
    if (typeof name === 'string' && name !== '') byRegistry.set(canonicalRegistry(key), name)
  const defaultHelper = textOf(json, 'credsStore') ?? ''
  return (registry) => byRegistry.get(registry) ?? (defaultHelper === '' ? undefined : defaultHelper)
}

/** Formats a key without the user info that a URL may contain. */
const formatKey = ({ text }: CredentialKey): string => quoted(text.replace(/^(\w+:\/\/)?.*@/s, '$1'), 100)

function formatKeys(keys: readonly CredentialKey[]): string {
  const shown = keys.slice(0, 3).map(formatKey).join(', ')
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown
}

const describeEntry = (entry: Entry, path: string): string =>
  `The entry ${formatKey(entry)} of the credentials file ${quoted(path)}`

function ignoredMessage(path: string, [first, ...others]: readonly [Entry, ...Entry[]]): string {
  const also = others.length === 0 ? '' : `; so ${others.length === 1 ? 'is' : 'are'} ${formatKeys(others)}`
  return `${describeEntry(first, path)} ${first.fault ?? ''}: it is ignored${also}`
}

const shapeError = (path: string, what: string): WindlassError =>
  configError(`The credentials file ${quoted(path)} ${what}`, path)

const configError = (message: string, path: string): WindlassError =>
  new WindlassError('USAGE', message, { path, hint: 'Log in again, or correct the file.' })
