/** Reads which credential helper a configuration file names for a registry (docker/cli, `credsStore` and `credHelpers`). */
import { canonicalRegistry, hostOf } from '../policy/registry-name.js'
import { parseCredentialKey } from './credential-key.js'
import { fieldsOf, textOf, type Fields } from './json-fields.js'

/** The helper of a registry. */
export interface HelperSetting {
  /** What follows `docker-credential-` in the name of the program. */
  readonly name: string
  /** Names under which the helper may have the login, the usual one first. */
  readonly servers: readonly string[]
  /**
   * Whether the file says that the helper has a login for this registry: by `credHelpers`, or by an empty entry in `auths`,
   * which `docker login` leaves. If false, the helper is only the default (`credsStore`).
   */
  readonly isExpected: boolean
}

/** Name under which Docker stores the login for Docker Hub. */
export const dockerHubServer = 'https://index.docker.io/v1/'

/** Returns the names under which Docker and Podman store the login for a registry in a helper. */
export const helperServers = (registry: string): readonly string[] =>
  canonicalRegistry(registry) === 'docker.io' ? [dockerHubServer, 'docker.io'] : [hostOf(registry)]

/** Returns the helper for a registry; undefined if there is none. Settings of the wrong type are ignored. */
export function helperSetting(json: Fields, registry: string): HelperSetting | undefined {
  const canonical = canonicalRegistry(registry)
  const own = [...(fieldsOf(json.get('credHelpers')) ?? [])].find(
    ([key, name]) => canonicalRegistry(key) === canonical && typeof name === 'string' && name !== '',
  )?.[1]
  const name = typeof own === 'string' ? own : textOf(json, 'credsStore')
  if (name === undefined || name === '') return undefined
  const entries = [...(fieldsOf(json.get('auths')) ?? [])].filter(([key]) => {
    const parsed = parseCredentialKey(key)
    return parsed.registry === canonical && parsed.path.length === 0
  })
  const servers = new Set([...helperServers(registry), ...entries.map(([key]) => key)])
  const isEmpty = (value: unknown): boolean => fieldsOf(value)?.size === 0
  return {
    name,
    servers: [...servers].slice(0, maxServers),
    isExpected: own !== undefined || entries.some(([, value]) => isEmpty(value)),
  }
}

/** Each server is one run of the helper. */
const maxServers = 4

/** The helpers that a file names, with the registries of `credHelpers`. */
export interface NamedHelpers {
  readonly credsStore: string | undefined
  readonly credHelpers: ReadonlyMap<string, string>
}

/** Returns all helpers that a file names. */
export function namedHelpers(json: Fields): NamedHelpers {
  const credHelpers = [...(fieldsOf(json.get('credHelpers')) ?? [])].filter(
    (each): each is [string, string] => typeof each[1] === 'string' && each[1] !== '',
  )
  return { credsStore: textOf(json, 'credsStore') || undefined, credHelpers: new Map(credHelpers) }
}
