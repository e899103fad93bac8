/**
 * Parses `daemon.json`, which configures the Docker daemon.
 *
 * Source: Docker's documentation of dockerd, and moby, daemon/pkg/registry/config.go.
 */
import { BlockList, isIP } from 'node:net'
import { hostOf } from '../../policy/registry-name.js'
import { configFault } from '../files/config-source.js'
import { ConfigTable } from '../files/config-table.js'
import { jsonErrorLine, jsonLineOf } from '../files/json-line.js'
import { type HostUrl, parseHostUrl } from '../host-url.js'

/** The settings of registries in a `daemon.json`. */
export interface DaemonJson {
  readonly path: string
  /** Mirrors of Docker Hub, in order. */
  readonly mirrors: readonly HostUrl[]
  /** Registries, with their ports, whose certificates are not verified. */
  readonly insecureHosts: ReadonlySet<string>
  /** Addresses of such registries. */
  readonly insecureAddresses: BlockList
}

/**
 * Parses a `daemon.json`. An empty text has no settings.
 * @throws USAGE when it is malformed
 */
export function parseDaemonJson(content: string, path: string): DaemonJson {
  const text = content.replace(/^\uFEFF/, '')
  const root = new ConfigTable(parseObject(text, path), { path, lineOf: (at) => jsonLineOf(text, at) })
  const insecureHosts = new Set<string>()
  const insecureAddresses = new BlockList()
  for (const each of root.texts('insecure-registries') ?? []) {
    const [, address = '', prefix = ''] = /^([^/]+)\/(\d{1,3})$/.exec(each) ?? []
    const family = isIP(address)
    if (family === 0) insecureHosts.add(hostOf(each))
    else if (Number(prefix) <= (family === 4 ? 32 : 128))
      insecureAddresses.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
    else
      throw root.fault(['insecure-registries'], '"insecure-registries" has a network with an invalid length')
  }
  const mirrors = (root.texts('registry-mirrors') ?? []).map((mirror) => {
    const url = parseHostUrl(mirror)
    if (url === undefined)
      throw root.fault(['registry-mirrors'], '"registry-mirrors" must contain http or https URLs')
    return url
  })
  return { path, mirrors, insecureHosts, insecureAddresses }
}

function parseObject(text: string, path: string): object {
  let value: unknown
  try {
    value = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    // No cause: the message of the parser quotes the content.
    throw configFault(path, 'it is not JSON', jsonErrorLine(text))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw configFault(path, 'it is not a JSON object')
}
