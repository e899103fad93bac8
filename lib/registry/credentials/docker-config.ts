/**
 * Looks up credentials in a Docker or Podman configuration: `{"auths": {…}, "credsStore": …, "credHelpers": {…}}`, or the
 * old form without `auths`. An entry for a namespace takes precedence over a helper, and a helper over an entry for the
 * whole registry.
 */
import { type WindlassError, asWindlassError } from '../../errors.js'
import { quoted } from '../../codec/printable.js'
import type { Credential } from './credential.js'
import { bySpecificity, parseCredentialKey, type CredentialKey } from './credential-key.js'
import type { CredentialRequest, Credentials } from './credentials.js'
import { fileOrigin, parseConfigFields, shapeError, type ConfigOrigin } from './config-origin.js'
import { looksLikeEntry, parseDockerEntry, type DockerEntry } from './docker-entry.js'
import { CredentialHelpers } from './credential-helpers.js'
import { helperSetting } from './helper-settings.js'
import { fieldsOf, type Fields } from './json-fields.js'
import { canonicalRegistry, type RepositoryName } from '../policy/registry-name.js'

/** Code of the warning about entries that could not be read and were not needed. */
export const credentialsIgnored = 'credentials-ignored'

/** Code of the warning about a helper that failed and may not have been needed. */
export const helperFailed = 'credential-helper-failed'

type Entry = CredentialKey & DockerEntry

/**
 * Parses a configuration file. An empty file holds no credentials. The returned `for` throws USAGE when the entry for
 * the repository is malformed, or a helper fails that has the login for the registry according to the file. If a helper
 * fails that is only the default (`credsStore`), a warning is reported, and the helper counts as one without a login.
 * @param path - path of the file for messages
 * @throws USAGE when `content` is not a configuration file; the message does not quote it
 */
export const parseDockerConfig = (content: string, path: string): Credentials =>
  configCredentials(content, fileOrigin(path), new CredentialHelpers())

/** Like `parseDockerConfig`, for any origin of the text and with the helpers of the caller. */
export function configCredentials(
  content: string,
  origin: ConfigOrigin,
  helpers: CredentialHelpers,
): Credentials {
  const json = parseConfigFields(content, origin)
  const entries = entriesOf(json, origin).filter(
    ({ credential, fault }) => (credential ?? fault) !== undefined,
  )
  const bestEntry = (repositoryName: RepositoryName): Entry | undefined =>
    bySpecificity(entries, repositoryName)[0]

  const askHelper = async (
    { registry }: RepositoryName,
    { signal, onWarning }: CredentialRequest,
  ): Promise<Credential | undefined> => {
    const setting = helperSetting(json, registry)
    if (setting === undefined) return undefined
    try {
      return await helpers.get(setting.name, setting.servers, signal)
    } catch (caught) {
      const error = asWindlassError(caught)
      if (setting.isExpected || error.code === 'CANCELLED') throw error
      onWarning?.(helperFailed, `${error.message} (${origin.short} names it)`)
      return undefined
    }
  }

  return {
    async for(repositoryName, request = {}) {
      const entry = bestEntry(repositoryName)
      const isNamespace = entry !== undefined && entry.path.length > 0
      const helped = isNamespace ? undefined : await askHelper(repositoryName, request)
      if (helped === undefined && entry?.fault !== undefined && entry.credential === undefined)
        throw origin.error(`${describeEntry(entry, origin)} ${entry.fault}`)
      const [first, ...others] = entries.filter(({ fault }) => fault !== undefined)
      if (first !== undefined)
        request.onWarning?.(credentialsIgnored, ignoredMessage(origin, [first, ...others]))
      return helped ?? entry?.credential
    },
    // eslint-disable-next-line @typescript-eslint/require-await -- `async` turns what is thrown into a rejection
    async why(repositoryName) {
      if (bestEntry(repositoryName) !== undefined) return undefined
      const setting = helperSetting(json, repositoryName.registry)
      if (setting !== undefined)
        return whyNotHelped(setting.name, helpers.failureOf(setting.name, setting.servers))
      const others = entries.filter(({ registry }) => registry === canonicalRegistry(repositoryName.registry))
      if (others.length === 0) return undefined
      return `${origin.short} has credentials for ${formatKeys(others)}, but none for ${repositoryName.registry}/${repositoryName.repository}.`
    },
  }

  function whyNotHelped(name: string, failed: WindlassError | undefined): string {
    if (failed !== undefined) return `${failed.message}. ${failed.hint ?? ''}`.trim()
    return `${origin.short} leaves the login to the credential helper ${quoted(name, 60)}, which has none for this registry. Log in with “windlass login”.`
  }
}

function entriesOf(json: Fields, origin: ConfigOrigin): readonly Entry[] {
  const auths = json.get('auths')
  if (auths !== undefined && fieldsOf(auths) === undefined)
    throw shapeError(origin, "has an 'auths' that is not an object")
  const legacy = [...json].filter(([, value]) => looksLikeEntry(fieldsOf(value)))
  const entries = auths === undefined ? legacy : [...(fieldsOf(auths) ?? [])]
  return entries.map(([key, value]) => ({ ...parseCredentialKey(key), ...parseDockerEntry(value) }))
}

/** Formats a key without the user info that a URL may contain. */
const formatKey = ({ text }: CredentialKey): string => quoted(text.replace(/^(\w+:\/\/)?.*@/s, '$1'), 100)

function formatKeys(keys: readonly CredentialKey[]): string {
  const shown = keys.slice(0, 3).map(formatKey).join(', ')
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown
}

const describeEntry = (entry: Entry, origin: ConfigOrigin): string =>
  `The entry ${formatKey(entry)} of the ${origin.noun}`

function ignoredMessage(origin: ConfigOrigin, [first, ...others]: readonly [Entry, ...Entry[]]): string {
  const also = others.length === 0 ? '' : `; so ${others.length === 1 ? 'is' : 'are'} ${formatKeys(others)}`
  return `${describeEntry(first, origin)} ${first.fault ?? ''}: it is ignored${also}`
}
