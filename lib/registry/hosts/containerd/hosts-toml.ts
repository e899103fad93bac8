/**
 * Parses `hosts.toml`, in which containerd configures the hosts of a registry.
 *
 * Source: containerd, docs/hosts.md and core/remotes/docker/config/hosts.go.
 */
import path from 'node:path'
import { quoted } from '../../../codec/printable.js'
import type { ConfigTable } from '../files/config-table.js'
import { isTextList } from '../files/config-table.js'
import { parseToml } from '../files/parse-toml.js'
import { parseGoDuration } from './go-duration.js'
import { parseHeaders } from './headers.js'
import { parseHostUrl, type HostUrl } from '../host-url.js'

/** Files of a client certificate and its key, which may be the same file. */
export interface ClientFiles {
  readonly certificate: string
  readonly key: string
}

/** A host in a `hosts.toml`. Paths are absolute. */
export interface HostEntry {
  /** Undefined for the registry itself, if there is no `server`. */
  readonly url?: HostUrl
  /** The path of `url` is the root of the API: `/v2` is not appended. */
  readonly overridesPath: boolean
  /** May serve blobs, and manifests by digest. */
  readonly mayPull: boolean
  /** May serve manifests by tag. */
  readonly mayResolve: boolean
  readonly ca: readonly string[]
  readonly client: readonly ClientFiles[]
  readonly skipVerify?: boolean
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly dialTimeout?: number
}

/** The content of a `hosts.toml`. */
export interface HostsToml {
  readonly path: string
  /** In the order of the file. */
  readonly mirrors: readonly HostEntry[]
  /** The last host: `server`, or the registry itself. */
  readonly server: HostEntry
}

/**
 * Parses a `hosts.toml`. Returns undefined if it is empty, which is equivalent to a missing file.
 * @throws USAGE when it is malformed; the message does not quote values
 */
export function parseHostsToml(text: string, file: string): HostsToml | undefined {
  if (text === '') return undefined
  const root = parseToml(text, file)
  const hosts = root.table('host')
  const mirrors = (hosts?.keys ?? []).map((name) => {
    const table = hosts?.table(name)
    const url = parseHostUrl(name)
    if (hosts === undefined || table === undefined || url === undefined)
      throw root.fault(['host', name], 'the name of the host must be an http or https URL')
    return parseEntry(table, url)
  })
  const server = root.text('server') ?? ''
  const url = parseHostUrl(server)
  if (server !== '' && url === undefined)
    throw root.fault(['server'], '"server" must be an http or https URL')
  return { path: file, mirrors, server: parseEntry(root, server === '' ? undefined : url) }
}

function parseEntry(table: ConfigTable, url: HostUrl | undefined): HostEntry {
  const capabilities = (table.texts('capabilities') ?? []).map((each) => each.toLowerCase())
  const skipVerify = table.flag('skip_verify')
  const dialTimeout = parseDialTimeout(table)
  const may = (capability: string): boolean => capabilities.length === 0 || capabilities.includes(capability)
  return {
    ...(url && { url }),
    overridesPath: table.flag('override_path') ?? false,
    mayPull: may('pull'),
    mayResolve: may('resolve'),
    ca: parsePaths(table),
    client: parseClient(table),
    ...(skipVerify !== undefined && { skipVerify }),
    headers: parseHeaders(table),
    ...(dialTimeout !== undefined && { dialTimeout }),
  }
}

const absolute = (table: ConfigTable, file: string): string => path.resolve(path.dirname(table.path), file)

function parsePaths(table: ConfigTable): readonly string[] {
  const value = table.value('ca') ?? []
  const list = typeof value === 'string' ? [value] : value
  if (!isTextList(list)) throw table.fault(['ca'], '"ca" must be a path or an array of paths')
  return list.map((file) => absolute(table, file))
}

function parseClient(table: ConfigTable): readonly ClientFiles[] {
  const value = table.value('client') ?? []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((each) => {
    const pair: unknown = typeof each === 'string' ? [each, ''] : each
    if (!isTextList(pair) || pair.length !== 2)
      throw table.fault(
        ['client'],
        '"client" must be a path, an array of paths, or an array of pairs of paths',
      )
    const [certificate = '', key = ''] = pair
    return { certificate: absolute(table, certificate), key: absolute(table, key === '' ? certificate : key) }
  })
}

/** Returns undefined for the default timeout. */
function parseDialTimeout(table: ConfigTable): number | undefined {
  const text = table.text('dial_timeout') ?? ''
  if (text === '') return undefined
  const timeout = parseGoDuration(text)
  if (timeout === undefined)
    throw table.fault(
      ['dial_timeout'],
      `"dial_timeout" must be a duration such as 1s or 500ms, not ${quoted(text, 40)}`,
    )
  // 0 is no limit of its own.
  return timeout === 0 ? undefined : Math.max(1, Math.round(timeout))
}
