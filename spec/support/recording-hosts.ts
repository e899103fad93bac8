/** Hosts that record which manifests clients request, and have none. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RepositoryName } from '../../lib/registry/index.js'
import { dockerHubHost } from '../../lib/registry/policy/registry-name.js'
import type { RegistryHost, RepositoryHosts } from '../../lib/registry/hosts/registry-hosts.js'

export interface RecordingHosts {
  /** Their addresses with ports. */
  readonly names: readonly [string, string, string]
  /** Returns the URLs, without scheme, of the manifests that were requested since the last call. */
  readonly take: () => readonly string[]
  readonly close: () => Promise<void>
}

/** Starts three hosts on loopback, which speak plain HTTP. */
export async function startRecordingHosts(): Promise<RecordingHosts> {
  let requested: string[] = []
  const servers = [0, 1, 2].map(() =>
    createServer((request, response) => {
      const { headers, url = '' } = request
      response.setHeader('docker-distribution-api-version', 'registry/2.0')
      response.setHeader('content-type', 'application/json')
      if (/\/v2\/$/.test(url)) return void response.end('{}')
      if (url.includes('/manifests/')) requested.push(decodeURIComponent(`${headers.host ?? ''}${url}`))
      response.statusCode = 404
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"none"}]}')
    }),
  )
  const [first = '', second = '', third = ''] = await Promise.all(servers.map(listen))
  return {
    names: [first, second, third],
    take() {
      // A client that tries a manifest again asks no other host.
      const urls = requested.filter((url, index) => url !== requested[index - 1])
      requested = []
      return urls
    },
    async close() {
      await Promise.all(
        servers.map((server) => new Promise((resolve) => server.close(resolve).closeAllConnections())),
      )
    },
  }
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`)),
  )

/** Returns the URLs, without scheme, that a client requests for a manifest if no host has it. */
export function manifestUrls(
  { mirrors, registry, usesMirrorsOnly, blockedBy }: RepositoryHosts,
  { registry: name, repository }: RepositoryName,
  target: string,
): readonly string[] {
  const last: RegistryHost = registry ?? { host: name === 'docker.io' ? dockerHubHost : name, repository }
  const hosts = [...mirrors, ...(usesMirrorsOnly === true || blockedBy !== undefined ? [] : [last])]
  const unasked = target.includes(':') ? 'tags' : 'digests'
  return hosts
    .filter(({ manifests }) => manifests !== unasked)
    .map(({ host, apiPath = '/v2/', namespace, ...each }) => {
      const query = namespace === undefined ? '' : `?ns=${namespace}`
      return `${host}${apiPath}${each.repository}/manifests/${target}${query}`
    })
}
