/** Layers that come from the URLs of their descriptors: in which order, with what said of each, and to whom nothing is sent. */
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage } from '../../lib/testing/images/index.js'
import { type RegistryOptions, type TestRegistry, faults, problem } from '../../lib/testing/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { formatCount } from '../../lib/quantities.js'
import { Workbench, fileNamed } from '../support/workbench.js'
import {
  blobRequests,
  eventsOf,
  layerEvents,
  largeImage,
  rangesOf,
  until,
  wanted,
  warnings,
} from '../support/watching.js'

const dockerForeign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'

const notFound =
  /^Failed to download the blob sha256:\w+ \(foreign URL http:\S+\) from \S+: HTTP 404 \(Not Found\): NOT_FOUND: gone$/

describe('a foreign layer', () => {
  const bench = new Workbench()

  interface SceneOptions {
    readonly urls: (digest: string) => readonly string[] | undefined
    readonly image?: BuiltImage
    readonly registry?: RegistryOptions
    readonly open?: OpenOptions
    /** Puts the layer into the registry too. */
    readonly offered?: boolean
  }

  /** An image whose only layer is named with `urls`, in a registry that does not have it. */
  async function scene(options: SceneOptions) {
    const { image = buildImage({ layers: [{ entries: fileNamed('base') }], format: 'docker' }) } = options
    const registry = await bench.registry(options.registry)
    const [layer] = image.layers
    const { digest } = layer!
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: Record<string, unknown>[] }
    Object.assign(manifest.layers[0]!, { mediaType: dockerForeign, urls: options.urls(digest) })
    registry.putBlob(image.config.bytes)
    if (options.offered === true) registry.putBlob(layer!.bytes)
    registry.putManifest('win/base', '1', Buffer.from(JSON.stringify(manifest)), image.manifest.mediaType)
    const puller = await bench.puller({ retries: 1, ...options.open })
    return { registry, puller, image, digest, name: `${registry.host}/win/base:1` }
  }

  /** Another server that has the layers of `image`, under any path of blobs. */
  async function mirror(image: BuiltImage, options?: RegistryOptions): Promise<TestRegistry> {
    const server = await bench.registry(options)
    for (const bytes of image.blobs.values()) server.putBlob(bytes)
    return server
  }
  const at =
    (server: TestRegistry, place: string) =>
    (digest: string): string =>
      `${server.url}/v2/${place}/blobs/${digest}`
  const places = ({ requests }: TestRegistry): string[] => requests.map(({ repository }) => repository)
  const base = buildImage({ layers: [{ entries: fileNamed('base') }], format: 'docker' })

  it('is asked of the registry first, and of nobody else if that has it (S1-09)', async () => {
    const elsewhere = await mirror(base)
    const { puller, name, registry, digest } = await scene({
      urls: (each) => [at(elsewhere, 'a')(each)],
      offered: true,
    })
    await puller.pull(name, wanted).done
    expect(blobRequests(registry, digest)).toHaveLength(1)
    expect(elsewhere.requests).toEqual([])
  })

  it('comes from its URLs, from the last to the first, one at a time, with a warning for each failure (S1-17, S1-18, S1-20, C3)', async () => {
    const elsewhere = await mirror(base)
    elsewhere.hook(({ repository }) => (repository === 'a' ? undefined : problem(404, 'NOT_FOUND', 'gone')))
    const { puller, name, registry, digest, image } = await scene({
      urls: (each) => ['a', 'b', 'c'].map((place) => at(elsewhere, place)(each)),
    })
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    const { layers } = await pull.done
    expect(blobRequests(registry, digest)).toHaveLength(1)
    expect(places(elsewhere)).toEqual(['c', 'b', 'a'])
    expect(warnings(events).map(({ status, url, digest: of }) => ({ status, url, of }))).toEqual(
      ['c', 'b'].map((place) => ({ status: 404, url: at(elsewhere, place)(digest), of: digest })),
    )
    for (const { message } of warnings(events)) {
      expect(message).toMatch(notFound)
      expect(message).toContain(digest)
    }
    const blob = await readFile(join(puller.store, 'blobs', ...digest.split(':')))
    expect(blob.equals(image.layers[0]!.bytes)).toBe(true)
    expect(await readFile(join(layers[0]!.rootfs!, 'base'), 'utf8')).toBe('this is base')
    expect(layerEvents(events).find(({ status, host }) => status === 'downloading' && host)).toMatchObject({
      host: elsewhere.host,
    })
  })

  it('first to last by option, or not at all (S1-17, C3)', async () => {
    const elsewhere = await mirror(base)
    const urls = (digest: string): string[] => ['a', 'b'].map((place) => at(elsewhere, place)(digest))
    const forward = await scene({ urls, open: { foreignUrls: 'first-last' } })
    await forward.puller.pull(forward.name, wanted).done
    expect(places(elsewhere)).toEqual(['a'])
    const never = await scene({ urls, open: { foreignUrls: 'only-registry' } })
    await expect(never.puller.pull(never.name, wanted).done).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
      message: `${never.registry.host} has no blob ${never.digest} of "win/base"`,
    })
    expect(places(elsewhere)).toEqual(['a'])
  })

  it('says so when every place has failed, with all causes (S1-19)', async () => {
    const elsewhere = await mirror(base)
    elsewhere.hook(({ repository }) => problem(repository === 'a' ? 403 : 410, 'NO', 'no'))
    const { puller, name, digest, registry } = await scene({
      urls: (each) => ['a', 'b'].map((place) => at(elsewhere, place)(each)),
      open: { retries: 5 },
    })
    const failed = await puller.pull(name, wanted).done.catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 'BLOB_UNKNOWN',
      exitCode: 6,
      message: expect.stringMatching(
        `^Failed to download layer ${digest} from ${registry.host} or a foreign URL of the layer: ` +
          `${registry.host} has no blob ${digest} .*; .* HTTP 410 \\(Gone\\): NO: no; .* HTTP 403 \\(Forbidden\\): NO: no$`,
      ) as string,
      subject: { digest },
    })
    expect((failed as Error).cause).toMatchObject({ errors: { length: 3 } })
    expect(places(elsewhere)).toEqual(['b', 'a'])
  })

  it.each([
    ['none', undefined],
    ['an empty list', []],
  ])('without URLs (%s) the failure is that of the registry (S1-16, S1-28)', async (_what, urls) => {
    const { puller, name, registry, digest } = await scene({ urls: () => urls })
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({
      code: 'BLOB_UNKNOWN',
      message: `${registry.host} has no blob ${digest} of "win/base"`,
    })
  })

  it.each([401, 403, 404, 410])(
    'a %i of the registry leads to the URLs at once (S1-11, S1-12)',
    async (status) => {
      const elsewhere = await mirror(base)
      const { puller, name, registry, digest } = await scene({
        urls: (each) => [at(elsewhere, 'a')(each)],
        open: { retries: 5 },
      })
      registry.addFault(faults.status(status, { reference: digest, times: 9 }))
      await puller.pull(name, wanted).done
      expect(blobRequests(registry, digest)).toHaveLength(1)
      expect(places(elsewhere)).toEqual(['a'])
    },
  )

  it('a 5xx of the registry is tried again first; then the URLs have attempts of their own (S1-12)', async () => {
    const elsewhere = await mirror(base)
    elsewhere.addFault(faults.status(503, { times: 2 }))
    const { puller, name, registry, digest } = await scene({
      urls: (each) => [at(elsewhere, 'a')(each)],
      open: { retries: 3 },
    })
    registry.addFault(faults.status(503, { reference: digest, times: 9 }))
    await puller.pull(name, wanted).done
    expect(blobRequests(registry, digest)).toHaveLength(3)
    expect(places(elsewhere)).toEqual(['a', 'a', 'a'])
  })

  it('sends no credentials of the registry there, not after a challenge either (S1-21)', async () => {
    const secret = 'planted-secret'
    const elsewhere = await mirror(base)
    elsewhere.hook(({ repository }) =>
      repository === 'b'
        ? problem(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': `Basic realm="steal"` })
        : undefined,
    )
    const bearer = `Bearer realm="${elsewhere.url}/token",service="s",scope="repository:win/base:pull"`
    elsewhere.hook(({ repository }) =>
      repository === 'c' ? problem(401, 'UNAUTHORIZED', 'who?', { 'www-authenticate': bearer }) : undefined,
    )
    for (const kind of ['basic', 'token'] as const) {
      const auth = { kind, username: 'me', password: secret }
      const { puller, name, registry } = await scene({
        urls: (each) => ['a', 'b', 'c'].map((place) => at(elsewhere, place)(each)),
        registry: { auth },
        open: {},
      })
      const own = await bench.puller({
        store: bench.path(),
        retries: 1,
        credentials: { [registry.host]: { username: 'me', password: secret } },
      })
      await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      const pull = own.pull(name, wanted)
      const events = eventsOf(pull)
      await pull.done
      expect(warnings(events).map(({ status }) => status)).toEqual([401, 401])
    }
    expect(places(elsewhere)).toEqual(['c', 'b', 'a', 'c', 'b', 'a'])
    for (const { headers, kind } of elsewhere.requests) {
      expect(kind).toBe('blob')
      expect(Object.keys(headers)).not.toContain('authorization')
      expect(JSON.stringify(headers)).not.toContain(secret)
    }
  })

  it('is held against its digest: wrong bytes of one URL are no end, and never kept (S1-22)', async () => {
    const image = largeImage(50_000)
    const elsewhere = await mirror(image)
    const [layer] = image.layers
    elsewhere.hook(({ repository }) =>
      repository === 'wrong'
        ? { status: 200, headers: {}, body: Buffer.alloc(layer!.size, 5) }
        : repository === 'short'
          ? { status: 200, headers: {}, body: layer!.bytes.subarray(1) }
          : undefined,
    )
    const good = await scene({
      image,
      urls: (each) => ['right', 'short', 'wrong'].map((place) => at(elsewhere, place)(each)),
    })
    const pull = good.puller.pull(good.name, wanted)
    const events = eventsOf(pull)
    await pull.done
    expect(warnings(events).map(({ message }) => message)).toEqual([
      expect.stringContaining('filesystem layer verification failed'),
      expect.stringContaining(`sends ${formatCount(layer!.size - 1, 'byte')}, but the manifest states`),
    ])
    const bad = await scene({ image, urls: (each) => [at(elsewhere, 'wrong')(each)], open: { retries: 5 } })
    await expect(bad.puller.pull(bad.name, wanted).done).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      exitCode: 5,
    })
    expect(places(elsewhere).filter((place) => place === 'wrong')).toHaveLength(2)
  })

  it('is asked of the next URL after a transport error, also one in the middle, and goes on from there (S1-03, S1-04, S1-23)', async () => {
    const image = largeImage(100_000)
    const elsewhere = await mirror(image)
    elsewhere.addFault(faults.truncate(40_000, { nth: 1 }))
    const { digest } = image.layers[0]!
    const { puller, name } = await scene({
      image,
      urls: (each) => [at(elsewhere, 'b')(each), at(elsewhere, 'a')(each), `http://127.0.0.1:1/${each}`],
    })
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await pull.done
    expect(warnings(events).map(({ status, url }) => [status, url])).toEqual([
      [undefined, `http://127.0.0.1:1/${digest}`],
      [undefined, at(elsewhere, 'a')(digest)],
    ])
    expect(rangesOf(elsewhere, digest)).toEqual([undefined, 'bytes=40000-'])
    expect(places(elsewhere)).toEqual(['a', 'b'])
  })

  it('resumes at the same URL, too', async () => {
    const image = largeImage(100_000)
    const elsewhere = await mirror(image)
    elsewhere.addFault(faults.truncate(40_000, { nth: 1 }))
    const { digest } = image.layers[0]!
    const { puller, name, registry } = await scene({
      image,
      urls: (each) => [at(elsewhere, 'a')(each)],
      open: { retries: 2 },
    })
    await puller.pull(name, wanted).done
    expect(rangesOf(elsewhere, digest)).toEqual([undefined, 'bytes=40000-'])
    expect(blobRequests(registry, digest)).toHaveLength(1)
  })

  it('is not asked for at places where a URL must not lead', async () => {
    const { puller, name } = await scene({
      urls: (each) => [
        'file:///etc/passwd',
        'data:text/plain,hello',
        'unix:/var/run/docker.sock:/x',
        '//elsewhere/x',
        'not a url',
        `http://169.254.169.254/latest/meta-data/${each}`,
        `http://[fe80::1]/${each}`,
        `http://0.0.0.0:1/${each}`,
        'http://metadata.google.internal/x',
        'http://10.0.0.1:1/x',
        'http://192.168.255.1:1/x',
        'http://[fd00::1]:1/x',
        'http://100.64.0.1:1/x',
        'http://user:pass@127.0.0.1:1/x?secret=query',
      ],
      open: { retries: 5 },
    })
    const begun = performance.now()
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await expect(pull.done).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Failed to download layer sha256:\w+ from \S+ or a foreign URL of the layer: /,
      ) as string,
      hint: expect.stringContaining('--foreign-host') as string,
    })
    expect(performance.now() - begun).toBeLessThan(5000)
    expect(warnings(events)).toHaveLength(14)
    for (const { message } of warnings(events)) expect(message).toMatch(/ and is not used$/)
    expect(JSON.stringify(events)).not.toMatch(/pass@|secret=query/)
  })

  it('follows redirects from there under the same rules (S0-84)', async () => {
    const server = createServer((request, response) => {
      response.writeHead(302, {
        location: request.url === '/meta' ? 'http://169.254.169.254/x' : 'file:///x',
      })
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { puller, name } = await scene({ urls: () => [`${url}/meta`, `${url}/file`] })
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await expect(pull.done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    expect(warnings(events).map(({ message }) => message)).toEqual([
      expect.stringContaining('does not lead to an http or https URL'),
      expect.stringContaining('link-local address'),
    ])
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  })

  it('is given up at once when the pull is cancelled, without a word about the URL', async () => {
    const image = largeImage(100_000)
    const elsewhere = await mirror(image)
    elsewhere.addFault(faults.stall(10_000))
    const { puller, name } = await scene({
      image,
      urls: (each) => ['a', 'b'].map((p) => at(elsewhere, p)(each)),
    })
    const pull = puller.pull(name, wanted)
    const events = eventsOf(pull)
    await until(() => layerEvents(events).some(({ current }) => current > 0))
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed()
    expect(warnings(events)).toEqual([])
    expect(places(elsewhere)).toEqual(['b'])
  })

  it('of a Windows image is pulled on any host, with one request for the manifest (S1-01, S1-14)', async () => {
    const image = buildImage({
      layers: [
        {
          entries: [
            { path: 'Files/' },
            { path: 'Files/Windows/' },
            { path: 'Files/Windows/a.dll', content: 'MZ' },
          ],
        },
        { entries: fileNamed('app') },
      ],
      platform: { os: 'windows', architecture: 'amd64' },
      format: 'docker',
    })
    const elsewhere = await mirror(image)
    const { puller, name, registry, digest } = await scene({
      image,
      urls: (each) => [at(elsewhere, 'a')(each)],
    })
    registry.putBlob(image.layers[1]!.bytes)
    const pulled = await puller.pull(name, { platform: 'windows/amd64' }).done
    expect(pulled.platform).toBe('windows/amd64')
    expect(await readFile(join(pulled.layers[0]!.rootfs!, 'Files/Windows/a.dll'), 'utf8')).toBe('MZ')
    expect(registry.requests.filter(({ kind }) => kind === 'manifest')).toHaveLength(1)
    expect(blobRequests(elsewhere, digest)).toHaveLength(1)
  })

  it('is kept under its digest, whatever its URL ends with, with no colon in any path (S1-24, S1-25)', async () => {
    const elsewhere = await mirror(base)
    const { puller, name, digest } = await scene({
      urls: (each) => [`${at(elsewhere, 'a')(each)}?name=../../../evil#/etc/x`],
    })
    await puller.pull(name, wanted).done
    expect(await readFile(join(puller.store, 'blobs', ...digest.split(':')))).toHaveLength(
      base.layers[0]!.size,
    )
    const paths = await readdir(puller.store, { recursive: true })
    expect(paths.filter((path) => path.includes(':') || path.includes('evil'))).toEqual([])
  })
})
