import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Registries, type RegistriesOptions } from '../../lib/registry/index.js'
import {
  faults,
  startRegistry,
  testCertificate,
  type TestRegistry,
} from '../../lib/testing/registry/index.js'
import { type SocksServer, type SocksServerOptions, startSocks } from '../support/socks-server.js'
import { bytesOf, content, descriptor, manifest, manifestType } from '../support/with-registry.js'

const name = { registry: 'registry.test:5000', repository: 'team/app' }

interface Parts {
  readonly registry: TestRegistry
  readonly socks: SocksServer
  readonly registries: Registries
}

async function behindSocks(
  secure: boolean,
  socksOptions: Partial<SocksServerOptions>,
  url: (port: number) => string,
  body: (parts: Parts) => Promise<void>,
  client: RegistriesOptions = {},
): Promise<void> {
  const certificate = testCertificate({ hosts: ['registry.test'] })
  const registry = await startRegistry(secure ? { tls: certificate } : {})
  const socks = await startSocks({ to: Number(registry.host.split(':')[1]), ...socksOptions })
  const env = { HTTP_PROXY: url(socks.port), HTTPS_PROXY: url(socks.port) }
  const registries = new Registries({
    ...{ env, ca: certificate.cert },
    ...(!secure && { plainHttp: true }),
    ...client,
  })
  try {
    registry.putManifest('team/app', 'latest', manifest, manifestType)
    await body({ registry, socks, registries })
  } finally {
    await registries.close()
    await socks.close()
    await registry.close()
  }
}

describe.each([
  ['http', false],
  ['https', true],
])('a SOCKS proxy to a registry that speaks %s', (_, secure) => {
  it.each(['socks5', 'socks5h'])('is asked for the name itself: %s', (scheme) =>
    behindSocks(
      secure,
      {},
      (port) => `${scheme}://127.0.0.1:${port}`,
      async ({ registry, socks, registries }) => {
        const source = registries.repository(name)
        const digest = registry.putBlob(content)
        expect((await source.manifest('latest')).bytes).toEqual(manifest)
        expect((await bytesOf(await source.blob(descriptor(digest)))).equals(content)).toBe(true)
        expect(socks.asked).toEqual(['registry.test:5000'])
        expect(registry.requests.map(({ url, headers }) => [url, headers['host']])).toEqual([
          ['/v2/team/app/manifests/latest', 'registry.test:5000'],
          [`/v2/team/app/blobs/${digest}`, 'registry.test:5000'],
        ])
      },
    ),
  )

  it('is given the name and the password of its URL, and nobody else is', () =>
    behindSocks(
      secure,
      { login: 'pr0xy@user:pr0xy:s3cret' },
      (port) => `socks5://pr0xy%40user:pr0xy%3As3cret@127.0.0.1:${port}`,
      async ({ registry, socks, registries }) => {
        await registries.repository(name).manifest('latest')
        expect(socks.logins).toEqual(['pr0xy@user:pr0xy:s3cret'])
        expect(JSON.stringify(registry.requests)).not.toMatch(/s3cret|proxy-auth/)
      },
    ))

  it.each<[string, Partial<SocksServerOptions>, string, boolean]>([
    ['another login', { login: 'a:b' }, 'refuses the connection: it rejects the login', false],
    ['no rules for it', { reply: 2 }, 'refuses the connection: it answers NotAllowed', true],
    ['an unreachable host', { reply: 4 }, 'refuses the connection: it answers HostUnreachable', true],
    ['another protocol', { says: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, 'it does not speak SOCKS 5', true],
    ['silence', { silent: true }, 'it does not respond', true],
  ])('is said to be in the way, without its password: %s', (_what, options, why, retryable) =>
    behindSocks(
      secure,
      options,
      (port) => `socks5h://me:pr0xy-s3cret@127.0.0.1:${port}`,
      async ({ registry, socks, registries }) => {
        const asked = registries.repository(name).manifest('latest')
        const error: unknown = await asked.catch((caught: unknown) => caught)
        expect(error).toMatchObject({
          code: 'NETWORK',
          retryable,
          message: expect.stringMatching(`the proxy 127.0.0.1:${socks.port} .*${why}`) as string,
          hint: expect.stringContaining(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY') as string,
        })
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret')
        expect(registry.requests).toEqual([])
      },
      { timeouts: { connect: 500 } },
    ),
  )

  it('that is not there is named, not the registry', () =>
    behindSocks(
      secure,
      {},
      () => 'socks5://127.0.0.1:1',
      async ({ registries }) => {
        await expect(registries.repository(name).manifest('latest')).rejects.toMatchObject({
          code: 'NETWORK',
          message: expect.stringContaining('the proxy 127.0.0.1:1 cannot be reached: it refuses') as string,
        })
      },
    ))

  it('holds nothing up when all is closed while it is asked', () =>
    behindSocks(
      secure,
      { silent: true },
      (port) => `socks5://127.0.0.1:${port}`,
      async ({ registries }) => {
        const asked = registries.repository(name).manifest('latest')
        setTimeout(() => void registries.close(), 100)
        await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
      },
    ))

  it('is a way to where a registry redirects, too', () =>
    behindSocks(
      secure,
      {},
      (port) => `socks5://127.0.0.1:${port}`,
      async ({ registry, socks, registries }) => {
        const digest = registry.putBlob(content)
        const scheme = secure ? 'https' : 'http'
        registry.addFault(
          faults.redirect(`${scheme}://registry.test:6000/v2/x/blobs/${digest}`, { times: 1 }),
        )
        await bytesOf(await registries.repository(name).blob(descriptor(digest)))
        expect(socks.asked).toEqual(['registry.test:5000', 'registry.test:6000'])
      },
    ))
})

/** A real one, where it is installed (Debian: microsocks). */
const installed = spawnSync('microsocks', ['-h']).error === undefined

describe.runIf(installed)('microsocks', () => {
  it.each([
    ['without a login', [], ''],
    ['with a login', ['-u', 'me', '-P', 's3cret'], 'me:s3cret@'],
  ])('leads to a registry, %s', async (_, flags, login) => {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const proxy = spawn('microsocks', ['-i', '127.0.0.1', '-p', String(port), ...flags], { stdio: 'ignore' })
    const certificate = testCertificate({ hosts: [thisMachine] })
    try {
      await listening(port)
      for (const tls of [undefined, certificate]) {
        const registry = await startRegistry(tls ? { tls } : {})
        const env = {
          HTTP_PROXY: `socks5h://${login}127.0.0.1:${port}`,
          HTTPS_PROXY: `socks5h://${login}127.0.0.1:${port}`,
        }
        const registries = new Registries({ env, ca: certificate.cert, ...(!tls && { plainHttp: true }) })
        registry.putManifest('team/app', 'latest', manifest, manifestType)
        const registryPort = registry.host.split(':')[1]
        const source = registries.repository({ ...name, registry: `${thisMachine}:${registryPort}` })
        expect((await source.manifest('latest')).bytes).toEqual(manifest)
        expect(registry.connections).toBeGreaterThan(0)
        await registries.close()
        await registry.close()
      }
    } finally {
      proxy.kill()
      await once(proxy, 'exit')
    }
  })
})

/** Leads to this machine, and is no loopback address, which would be asked directly. */
const thisMachine = '0.0.0.0'

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const there = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (there) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
