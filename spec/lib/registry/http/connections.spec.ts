import { getEventListeners } from 'node:events'
import { createServer, type AddressInfo, type LookupFunction, type Server, type Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Connections } from '../../../../lib/registry/http/connections.js'
import { Credential, Registries, type RegistriesOptions, onlyFor } from '../../../../lib/registry/index.js'
import { faults, problem, startRegistry } from '../../../../lib/testing/registry/index.js'
import { certificate, key } from '../../../support/certificate.js'
import { bytesOf, manifest, manifestType, withRegistry } from '../../../support/with-registry.js'

/** Requests a manifest from the registry at `host`. */
async function ask(host: string, options: RegistriesOptions = {}): Promise<unknown> {
  const registries = new Registries(options)
  try {
    return await registries.repository({ registry: host, repository: 'a' }).manifest('latest')
  } finally {
    await registries.close()
  }
}

async function withServer(
  answer: (socket: Socket, data: Buffer) => void,
  body: (host: string) => Promise<void>,
) {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (data) => answer(socket, data))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await body(`127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

/** Returns a local port without a listener. */
async function freePort(): Promise<number> {
  let port = 0
  await withServer(
    () => undefined,
    async (host) => {
      port = Number(host.split(':')[1])
    },
  )
  return port
}

describe('connections', () => {
  it('names the host of a registry that cannot be reached', async () => {
    const host = `127.0.0.1:${await freePort()}`
    await expect(ask(host)).rejects.toMatchObject({
      code: 'NETWORK',
      exitCode: 6,
      retryable: true,
      hint: expect.stringContaining(host),
    })
  })

  it('names a host that does not exist', () =>
    expect(ask('registry.invalid')).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringMatching(/there is no host named "registry\.invalid"$|could not be looked up$/),
      hint: expect.stringContaining('is this machine offline?'),
    }))

  it('reports that the peer does not speak HTTP', () =>
    withServer(
      (socket) => socket.end('220 mail.example ESMTP\r\n'),
      (host) => expect(ask(host, { plainHttp: true })).rejects.toMatchObject({ code: 'REGISTRY_RESPONSE' }),
    ))

  it('reports that the peer asks for another protocol, and closes the connection', () =>
    withServer(
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
      async (host) => {
        await expect(ask(host, { plainHttp: true })).rejects.toMatchObject({
          code: 'REGISTRY_RESPONSE',
          message: expect.stringContaining('another protocol') as string,
        })
      },
    ))

  it('stops waiting for response headers at the timeout', () =>
    withServer(
      () => undefined,
      (host) =>
        expect(ask(host, { timeouts: { response: 100 } })).rejects.toMatchObject({
          code: 'STALLED',
          retryable: true,
        }),
    ))

  it('adds to that timeout what the request asks for', async () => {
    const registry = await startRegistry()
    registry.addFault(faults.slow(300, { kind: 'ping', times: Infinity }))
    const connections = new Connections({ timeouts: { response: 100 } })
    const url = new URL(`${registry.url}/v2/`)
    try {
      const sent = connections.send({ url, purpose: 'look', extraTimeout: 10_000 })
      expect(await bytesOf({ stream: (await sent).body })).toHaveLength(2)
      await expect(connections.send({ url, purpose: 'look' })).rejects.toMatchObject({ code: 'STALLED' })
    } finally {
      await connections.close()
      await registry.close()
    }
  })

  it('stops reading a document that arrives too slowly', () =>
    withServer(
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
        const drip = setInterval(() => socket.write('  '), 20)
        socket.once('close', () => clearInterval(drip))
      },
      (host) =>
        expect(ask(host, { plainHttp: true, timeouts: { document: 200 } })).rejects.toMatchObject({
          code: 'STALLED',
        }),
    ))

  it('repeats a request once if its reused connection was closed by the server', async () => {
    let asked = 0
    await withServer(
      (socket) => {
        const body = manifest.toString()
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
        asked++
        socket.once('data', () => socket.resetAndDestroy())
      },
      async (host) => {
        const registries = new Registries({ plainHttp: true })
        const repository = registries.repository({ registry: host, repository: 'a' })
        await repository.manifest('latest')
        expect((await repository.manifest('latest')).bytes).toEqual(manifest)
        expect(asked).toBe(2)
        await registries.close()
      },
    )
  })
})

describe('a request on a new connection', () => {
  it('is not repeated if the server closes the connection', async () => {
    let asked = 0
    await withServer(
      (socket) => {
        asked++
        socket.resetAndDestroy()
      },
      (host) => expect(ask(host, { plainHttp: true })).rejects.toMatchObject({ code: 'NETWORK' }),
    )
    expect(asked).toBe(1)
  })
})

describe('the rate limit', () => {
  it.each<[string, (connections: Connections, url: URL) => Promise<void>]>([
    [
      'a request that has failed',
      async (connections) => {
        const url = new URL(`http://127.0.0.1:${await freePort()}/v2/`)
        const sent = connections.send({ url, purpose: 'look', isRateLimited: true })
        await expect(sent).rejects.toMatchObject({ code: 'NETWORK' })
      },
    ],
    [
      'a body that was not read',
      async (connections, url) => {
        const { body } = await connections.send({ url, purpose: 'look', isRateLimited: true })
        body.destroy()
      },
    ],
  ])('does not hold up others for %s', async (_, leave) => {
    const registry = await startRegistry()
    const connections = new Connections({ bytesPerSecond: 1_000 })
    const url = new URL(`${registry.url}/v2/`)
    try {
      await leave(connections, url)
      const signal = AbortSignal.timeout(10_000)
      const next = await connections.send({ url, purpose: 'look', isRateLimited: true, signal })
      expect(next.status).toBe(200)
      next.body.destroy()
    } finally {
      await connections.close()
      await registry.close()
    }
  })
})

describe('the signal of a request', () => {
  it('has no listener left after the response was read, was broken off, or never arrived', () =>
    withRegistry({ faults: [faults.reset(10, { nth: 2 })] }, {}, async ({ repository, registry, blob }) => {
      const { signal } = new AbortController()
      await bytesOf(await repository.blob(blob, { signal }))
      await expect(repository.blob(blob, { signal }).then(bytesOf)).rejects.toMatchObject({ code: 'NETWORK' })
      await registry.close()
      await expect(repository.blob(blob, { signal })).rejects.toMatchObject({ code: 'NETWORK' })
      await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toEqual([]))
    }))
})

describe('a request with its own lookup', () => {
  it('does not reuse a connection that was opened without the lookup', async () => {
    const registry = await startRegistry()
    const connections = new Connections()
    const url = new URL(`http://localhost:${registry.url.replace(/^.*:/, '')}/v2/`)
    const purpose = 'look'
    try {
      const first = await connections.send({ url: new URL(registry.url), purpose })
      first.body.resume()
      await new Promise((resolve) => first.body.once('close', resolve))
      const plain = await connections.send({ url, purpose })
      plain.body.resume()
      await new Promise((resolve) => plain.body.once('close', resolve))
      const lookup: LookupFunction = (_name, _options, done) => done(new Error('not there'), [])
      await expect(connections.send({ url, purpose, lookup })).rejects.toMatchObject({ code: 'NETWORK' })
    } finally {
      await connections.close()
      await registry.close()
    }
  })
})

describe('limits', () => {
  it('errorBytes limits the body of an error response, and the message says so', () =>
    withRegistry({}, { limits: { errorBytes: 100 } }, async ({ repository, registry }) => {
      registry.hook(({ kind }) => (kind === 'manifest' ? problem(403, 'DENIED', 'x'.repeat(100)) : undefined))
      await expect(repository.manifest('latest')).rejects.toMatchObject({
        code: 'DENIED',
        subject: { status: 403 },
        hint: expect.stringContaining('--limit errorBytes=N') as string,
      })
      await expect(repository.manifest('latest')).rejects.toThrow(
        `${registry.host} denied anonymous access to "team/app:latest": its explanation is longer than the limit errorBytes (100 bytes)`,
      )
    }))

  it('tokenBytes rejects a longer response of the token server', async () => {
    const auth = { kind: 'token', username: 'u', password: 'p', tokenLength: 2_000 } as const
    const known = ({ host }: { host: string }) => ({
      credentials: onlyFor(host, Credential.password('u', 'p')),
    })
    await withRegistry(
      { auth },
      (at) => ({ ...known(at), limits: { tokenBytes: 1_000 } }),
      async (at) => {
        await expect(at.repository.manifest('latest')).rejects.toMatchObject({
          code: 'LIMIT_EXCEEDED',
          message: expect.stringContaining('longer than the limit tokenBytes (1,000 bytes)') as string,
          hint: expect.stringContaining('--limit tokenBytes=N') as string,
        })
      },
    )
    await withRegistry({ auth }, known, async ({ repository }) => {
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
    })
  })
})

describe('TLS', () => {
  const withTls = async (body: (host: string) => Promise<void>): Promise<void> => {
    const registry = await startRegistry({ tls: { key, cert: certificate } })
    registry.putManifest('a', 'latest', manifest, manifestType)
    try {
      await body(registry.host)
      for (const { url } of registry.requests) expect(url).toMatch(/^\/v2\//)
    } finally {
      await registry.close()
    }
  }

  it('detects that a loopback registry uses TLS, and trusts the configured authority', () =>
    withTls(async (host) => {
      expect(await ask(host, { ca: certificate })).toMatchObject({ bytes: manifest })
    }))

  it('trusts no other authority, and never falls back to plain HTTP (S2-08)', () =>
    withTls(async (host) => {
      const untrusted = { code: 'TLS', exitCode: 6, retryable: false, hint: expect.stringContaining('--ca') }
      await expect(ask(host)).rejects.toMatchObject(untrusted)
      await expect(ask('x.test', { endpoints: { 'x.test': `https://${host}` } })).rejects.toMatchObject(
        untrusted,
      )
    }))

  it('trusts any certificate with insecureTls', () =>
    withTls(async (host) => {
      expect(await ask(host, { insecureTls: true })).toMatchObject({ bytes: manifest })
    }))

  it('rejects a redirect from TLS to plain HTTP', async () => {
    const plain = await startRegistry()
    const registry = await startRegistry({
      tls: { key, cert: certificate },
      faults: [faults.redirect(`${plain.url}/v2/a/manifests/latest`, { kind: 'manifest' })],
    })
    await expect(ask(registry.host, { ca: certificate })).rejects.toMatchObject({ code: 'REDIRECT_REFUSED' })
    expect(plain.requests).toEqual([])
    await Promise.all([registry.close(), plain.close()])
  })

  it('reports that a registry does not use TLS although it should', async () => {
    const plain = await startRegistry()
    await expect(ask('x.test', { endpoints: { 'x.test': `https://${plain.host}` } })).rejects.toMatchObject({
      code: 'TLS',
      hint: expect.stringContaining('--plain-http'),
    })
    expect(plain.requests).toEqual([])
    await plain.close()
  })

  it('detects the scheme of a loopback registry once, without secrets (S0-08)', () =>
    withRegistry({}, {}, async ({ repository, registry }) => {
      await Promise.all([repository.manifest('latest'), repository.manifest('latest')])
      await repository.manifest('latest')
      const pings = registry.requests.filter(({ kind }) => kind === 'ping')
      expect(pings).toHaveLength(1)
      expect(pings[0]?.headers).not.toHaveProperty('authorization')
    }))
})

describe('close', () => {
  const handles = (): number =>
    process.getActiveResourcesInfo().filter((name) => /TCPSocket|TLS|TCPWrap|Timeout|GetAddrInfo/.test(name))
      .length

  it('leaves no socket and no timer, in any state of the requests', async () => {
    const before = handles()
    await withRegistry(
      { faults: [faults.stall(10, { nth: 1 }), faults.slow(60_000, { nth: 2 })] },
      {},
      async (at) => {
        await at.repository.manifest('latest')
        const stalled = bytesOf(await at.repository.blob(at.blob))
        const waiting = at.repository.blob(at.blob)
        const unread = await at.repository.blob(at.blob)
        const ends = Promise.allSettled([stalled, waiting, bytesOf(unread)])
        await new Promise((resolve) => setTimeout(resolve, 50))
        await at.registries.close()
        for (const end of (await ends).slice(0, 2))
          expect(end).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } })
        await expect(at.repository.manifest('latest')).rejects.toMatchObject({ code: 'CANCELLED' })
      },
    )
    await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(before), { timeout: 10_000 })
  })

  it('leaves nothing behind after many cancelled blobs', () =>
    withRegistry({ bytesPerSecond: 200_000 }, {}, async ({ repository, registry, registries, blob }) => {
      await repository.manifest('latest')
      const cancels = Array.from({ length: 60 }, async (_, at) => {
        const controller = new AbortController()
        setTimeout(() => controller.abort(), at * 4)
        const body = await repository.blob(blob, { signal: controller.signal })
        await bytesOf(body)
      })
      for (const end of await Promise.allSettled(cancels)) expect(end.status).toBe('rejected')
      await registries.close()
      expect(registry.connections).toBeLessThanOrEqual(61)
    }))
})
