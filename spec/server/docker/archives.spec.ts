import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { formatPlatform, hostPlatform } from '../../../lib/image/index.js'
import { type BuiltImage, buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { open } from '../../../puller/index.js'
import { WindlassError } from '../../../lib/errors.js'
import { archiveRoutes } from '../../../server/docker/archives.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'
import { type Entry, archiveOf, entriesOf } from './archive-entries.js'
import { describedImage, routesOver } from './described.js'

const json = (entries: ReadonlyMap<string, Buffer>, name: string): unknown =>
  JSON.parse(entries.get(name)!.toString())
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

const image = buildImage({
  layers: [{ entries: [{ path: 'base', content: 'base' }] }, { entries: [{ path: 'top', content: 'top' }] }],
})

/** The entries of an archive as an older Docker writes it: layers in directories, no OCI layout. */
const legacyOf = ({ config, layers }: BuiltImage, tags: readonly string[] | null): Entry[] => [
  { name: `${config.digest.slice(7)}.json`, content: config.bytes },
  ...layers.flatMap(({ tar }, at): Entry[] => [
    { name: `layer${at}/`, type: 'directory' },
    { name: `layer${at}/VERSION`, content: '1.0' },
    { name: `layer${at}/layer.tar`, content: tar },
  ]),
  {
    name: 'manifest.json',
    content: JSON.stringify([
      {
        Config: `${config.digest.slice(7)}.json`,
        RepoTags: tags,
        Layers: layers.map((_, at) => `layer${at}/layer.tar`),
      },
    ]),
  },
]

describe('an archive through the API of Docker', () => {
  let docker: DockerServer
  let name = ''
  beforeAll(async () => {
    docker = await startDockerServer()
    name = `${docker.registry.host}/team/app`
    await putImage(docker.registry, 'team/app', '1', image)
    await docker.pull('team/app', '1')
  })
  afterAll(() => docker[Symbol.asyncDispose]())
  const load = (body: Uint8Array, quiet = '1') =>
    docker.send('POST', `/images/load?quiet=${quiet}`, {
      body,
      headers: { 'content-type': 'application/x-tar' },
    })
  const save = (...names: readonly string[]) =>
    docker.send('GET', `/images/get?${names.map((each) => `names=${encodeURIComponent(each)}`).join('&')}`)

  it('is an OCI layout and an archive of Docker at the same time, with the digests of the registry', async () => {
    const answer = await save(`${name}:1`)
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-tar' } })
    const entries = await entriesOf(answer.bytes)
    for (const [path, bytes] of entries)
      if (/^blobs\/sha256\/./.test(path)) expect(path).toBe(`blobs/sha256/${sha256(bytes)}`)
    expect(json(entries, 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    expect(json(entries, 'index.json')).toMatchObject({
      manifests: [
        {
          digest: image.manifest.digest,
          annotations: { 'io.containerd.image.name': `${name}:1`, 'org.opencontainers.image.ref.name': '1' },
        },
      ],
    })
    expect(json(entries, 'manifest.json')).toMatchObject([
      {
        Config: `blobs/sha256/${image.config.digest.slice(7)}`,
        RepoTags: [`${name}:1`],
        Layers: image.layers.map(({ digest }) => `blobs/sha256/${digest.slice(7)}`),
      },
    ])
  })

  it('of a repository has all of its tags, and of an id none', async () => {
    await docker.send('POST', `/images/${name}:1/tag?repo=${name}&tag=2`)
    const tagsOf = async (word: string): Promise<unknown> =>
      json(await entriesOf((await save(word)).bytes), 'manifest.json')
    expect(await tagsOf(name)).toMatchObject([{ RepoTags: [`${name}:1`, `${name}:2`] }])
    expect(await tagsOf(`${name}:2`)).toMatchObject([{ RepoTags: [`${name}:2`] }])
    expect(await tagsOf(image.config.digest)).toMatchObject([{ RepoTags: null }])
    await docker.send('DELETE', `/images/${name}:2`)
  })

  it('is loaded into another store with the same manifest and the same image', async () => {
    const { bytes } = await save(`${name}:1`)
    await using other = await startDockerServer()
    const answer = await other.send('POST', '/images/load', { body: bytes })
    expect(answer.lines.at(-1)).toEqual({ stream: `Loaded image: ${name}:1\n` })
    expect((await other.send('GET', `/images/${name}:1/json`)).json).toMatchObject({
      Id: image.config.digest,
      RepoDigests: [`${name}@${image.manifest.digest}`],
    })
  })

  it('of a name that stands for several platforms has the index and all images of the store, or the one asked for', async () => {
    const layers = [{ entries: [{ path: 'f', content: 'f' }] }]
    const [amd64, arm64] = ['amd64', 'arm64'].map((architecture) =>
      buildImage({ layers, platform: { os: 'linux', architecture } }),
    ) as [BuiltImage, BuiltImage]
    const index = buildIndex([amd64, arm64])
    await putImage(docker.registry, 'team/multi', '1', index)
    const multi = `${docker.registry.host}/team/multi:1`
    const windlass = await open({ store: docker.store })
    await windlass.pullAllPlatforms(multi).done
    await windlass.close()
    const items = (await docker.send('GET', '/images/json?manifests=1')).json as { Manifests: unknown[] }[]
    expect(items.map(({ Manifests }) => Manifests.length).sort()).toEqual([1, 2])
    const all = await entriesOf((await save(multi)).bytes)
    expect(json(all, 'index.json')).toMatchObject({ manifests: [{ digest: index.manifest.digest }] })
    for (const { digest } of [index.manifest, amd64.manifest, arm64.manifest])
      expect(all.has(`blobs/sha256/${digest.slice(7)}`)).toBe(true)
    const platform = encodeURIComponent('{"os":"linux","architecture":"arm64"}')
    const { bytes } = await docker.send(
      'GET',
      `/images/get?names=${encodeURIComponent(multi)}&platform=${platform}`,
    )
    const one = await entriesOf(bytes)
    expect(json(one, 'index.json')).toMatchObject({ manifests: [{ digest: arm64.manifest.digest }] })
    expect(one.has(`blobs/sha256/${amd64.manifest.digest.slice(7)}`)).toBe(false)
    await using other = await startDockerServer()
    const whole = (await save(multi)).bytes
    for (const [query, architecture] of [
      [`?platform=${platform}`, 'arm64'],
      ['', formatPlatform(hostPlatform()).split('/')[1]],
    ] as const) {
      expect((await other.send('POST', `/images/load${query}`, { body: whole })).status).toBe(200)
      expect((await other.send('GET', `/images/${multi}/json`)).json).toMatchObject({
        Architecture: architecture,
      })
    }
    await docker.send('DELETE', `/images/${multi}`)
  })

  it('of an older Docker is loaded, also compressed, and with links between its layers', async () => {
    const plain = await archiveOf(legacyOf(image, ['old/app:1', 'old/app:2']))
    for (const body of [plain, gzipSync(plain)])
      expect((await load(body)).lines).toEqual([
        { stream: 'Loaded image: old/app:1\n' },
        { stream: 'Loaded image: old/app:2\n' },
      ])
    expect((await docker.send('GET', '/images/old/app:2/json')).json).toMatchObject({
      Id: image.config.digest,
    })
    const [config, ...rest] = legacyOf(image, ['linked/app:1'])
    const linked = rest.map((entry): Entry =>
      entry.name === 'layer0/layer.tar' ? { name: entry.name, type: 'symlink', link: '../base.tar' } : entry,
    )
    const body = await archiveOf([config!, ...linked, { name: 'base.tar', content: image.layers[0]!.tar }])
    expect((await load(body)).lines).toEqual([{ stream: 'Loaded image: linked/app:1\n' }])
  })

  it('without names is loaded under its id, which stays after a collection', async () => {
    const anonymous = buildImage({ layers: [{ entries: [{ path: 'anonymous', content: 'x' }] }] })
    const answer = await load(await archiveOf(legacyOf(anonymous, null)))
    expect(answer.lines).toEqual([{ stream: `Loaded image ID: ${anonymous.config.digest}\n` }])
    expect((await docker.send('GET', `/images/${anonymous.config.digest}/json`)).json).toMatchObject({
      RepoTags: [],
    })
    expect((await docker.send('DELETE', `/images/${anonymous.config.digest}`)).json).toContainEqual({
      Deleted: anonymous.config.digest,
    })
  })

  it('that is an OCI layout alone is loaded under the name that its index states', async () => {
    const { manifest, config, layers } = image
    const blobs = [manifest, config, ...layers].map(({ digest, bytes }) => ({
      name: `blobs/sha256/${digest.slice(7)}`,
      content: bytes,
    }))
    const entry = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size }
    const index = {
      schemaVersion: 2,
      manifests: [{ ...entry, annotations: { 'org.opencontainers.image.ref.name': 'docker.io/oci/app:1' } }],
    }
    const body = await archiveOf([...blobs, { name: 'index.json', content: JSON.stringify(index) }])
    expect((await load(body)).lines).toEqual([{ stream: 'Loaded image: oci/app:1\n' }])
  })

  it('shows its layers while they are unpacked, unless the request asks for quiet', async () => {
    const fresh = buildImage({
      layers: [{ entries: [{ path: 'big', content: Buffer.alloc(5_000_000, 'x') }], compression: 'none' }],
    })
    const answer = await load(await archiveOf(legacyOf(fresh, ['fresh:1'])), '0')
    expect(answer.lines.at(-1)).toEqual({ stream: 'Loaded image: fresh:1\n' })
    expect(answer.lines[0]).toMatchObject({
      status: 'Loading layer',
      progressDetail: { total: expect.any(Number) as unknown },
    })
  })

  const hostile = buildImage({
    layers: [{ entries: [{ path: 'one', content: '1' }] }, { entries: [{ path: 'two', content: '2' }] }],
  })
  const parts = (): Entry[] => legacyOf(image, ['hostile:1'])
  const without = (name: string): Entry[] => parts().filter((entry) => entry.name !== name)
  it.each<[string, () => readonly Entry[], RegExp]>([
    [
      'has a path that leads out',
      () => [{ name: '../evil', content: 'x' }, ...parts()],
      /leads out of the archive/,
    ],
    [
      'has an absolute path',
      () => [{ name: '/etc/evil', content: 'x' }, ...parts()],
      /leads out of the archive/,
    ],
    [
      'has a link that leads out',
      () => [{ name: 'a', type: 'symlink', link: '../../etc/passwd' }, ...parts()],
      /leads out of the archive/,
    ],
    [
      'has a fifo',
      () => [{ name: 'pipe', type: 'fifo' }, ...parts()],
      /neither a file nor a directory nor a link/,
    ],
    [
      'lacks a layer',
      () => without('layer1/layer.tar'),
      /it lacks the layer “layer1\/layer.tar”|lacks the layer/,
    ],
    ['lacks the config', () => without(`${image.config.digest.slice(7)}.json`), /lacks the config/],
    ['lists no images', () => without('manifest.json'), /neither a manifest.json nor an index.json/],
    [
      'has a blob with another content',
      () => [{ name: `blobs/sha256/${'a'.repeat(64)}`, content: 'x' }, ...parts()],
      /has the digest sha256:/,
    ],
    [
      'has a manifest.json that is no list',
      () => [...without('manifest.json'), { name: 'manifest.json', content: '{}' }],
      /not a list of images/,
    ],
    [
      'has a manifest.json that is no JSON',
      () => [...without('manifest.json'), { name: 'manifest.json', content: '{' }],
      /not JSON/,
    ],
    [
      'has a layer that is not the one of its config',
      () =>
        // The store must not have the layer, because then the one in the archive is not read.
        legacyOf(hostile, ['hostile:1']).map((entry) =>
          entry.name === 'layer1/layer.tar' ? { ...entry, content: hostile.layers[0]!.tar } : entry,
        ),
      /digest|diffID/,
    ],
  ])('is refused if it %s', async (_, entries, message) => {
    const answer = await load(await archiveOf(entries()))
    const text =
      answer.status === 200 ? answer.lines.at(-1)?.error : (answer.json as { message: string }).message
    expect(text).toMatch(message)
    expect(await docker.send('GET', '/images/hostile:1/json')).toMatchObject({ status: 404 })
  })

  it('is refused if it is cut off or no archive', async () => {
    const whole = await archiveOf(parts())
    for (const body of [whole.subarray(0, 3_000), Buffer.from('nonsense'), Buffer.alloc(0)])
      expect(await load(body)).toMatchObject({ status: 400 })
  })

  it('leaves nothing behind in the staging area of the store', async () => {
    const { readdirSync } = await import('node:fs')
    await load(await archiveOf(parts()))
    await load(Buffer.from('nonsense'))
    const left = readdirSync(docker.store, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.includes('archive-'),
    )
    expect(left).toEqual([])
  })
})

describe('a request for an archive', () => {
  const imageId = describedImage('1', '').imageId
  const described = [
    describedImage('1', 'quay.io/team/app:1', { imageId }),
    describedImage('2', 'docker.io/library/app:1', { imageId }),
    describedImage('3', 'docker.io/library/app:2'),
    describedImage('4', `docker.io/library/app@${image.manifest.digest}`, { imageId }),
  ]
  type Order = { readonly images: readonly { entry: string }[]; readonly names: readonly string[] }
  async function orderedBy(path: string, client = new AbortController()) {
    const saved = vi.fn<(orders: readonly Order[], signal: AbortSignal) => Promise<Readable>>(() =>
      Promise.resolve(Readable.from([Buffer.from('x')])),
    )
    const { ask } = routesOver(archiveRoutes, { described, content: { save: saved } })
    const { status } = await ask('GET', path, { signal: client.signal })
    const [orders = [], signal] = saved.mock.calls[0] ?? []
    return { status, signal, orders: orders.map(({ images, names }) => [images[0]!.entry, names]) }
  }

  it('may state several names in one parameter, and several of one image, which is saved once', async () => {
    const names = 'quay.io/team/app:1,app:2'
    expect((await orderedBy(`/images/get?names=${names}&names=app:1&names=app:1`)).orders).toEqual([
      ['1', ['quay.io/team/app:1', 'docker.io/library/app:1']],
      ['3', ['docker.io/library/app:2']],
    ])
    expect((await orderedBy('/images/get')).status).toBe(400)
  })

  it.each(['app', 'docker.io/library/app'])(
    'means with a repository (%s) all of its tags, not its digests',
    async (word) => {
      const { orders } = await orderedBy(`/images/get?names=${word}`)
      expect(orders).toEqual([
        ['1', ['docker.io/library/app:1']],
        ['3', ['docker.io/library/app:2']],
      ])
    },
  )

  it('ends the work on it when the client goes', async () => {
    const client = new AbortController()
    const { signal } = await orderedBy('/images/get?names=app:2', client)
    expect(signal!.aborted).toBe(false)
    client.abort()
    expect(signal!.aborted).toBe(true)
  })
})

describe('an archive that is loaded', () => {
  type Options = {
    readonly signal: AbortSignal
    readonly platform?: string
    readonly onPull: (pull: object) => void
  }
  const pull = { events: { subscribe: () => undefined } }
  /** Sends an archive, over a content that takes `options` and ends with `end`. */
  function loading(query: string, end: (options: Options) => Promise<object[]>, init: RequestInit = {}) {
    const load = vi.fn((_body: unknown, options: Options) => end(options))
    const { ask, append } = routesOver(archiveRoutes, { content: { load } })
    const answer = ask('POST', `/images/load${query}`, { body: 'archive', ...init })
    return { answer, append, options: () => load.mock.calls[0]![1] }
  }

  it('is of the platform that is asked for, and watchers are told of its images', async () => {
    const platform = encodeURIComponent('{"os":"linux","architecture":"arm64"}')
    const { answer, append, options } = loading(`?platform=${platform}`, ({ onPull }) => {
      onPull(pull)
      return Promise.resolve([{ names: ['docker.io/library/app:1'], imageId: 'i' }])
    })
    expect((await answer).text).toContain('Loaded image: app:1')
    expect(options().platform).toBe('linux/arm64')
    expect(append.mock.calls).toMatchObject([[{ type: 'images' }]])
  })

  it('fails with a status before the first image, and with a line after it, each with what to do', async () => {
    const broken = new WindlassError('LAYER_INVALID', 'It is cut off', { hint: 'Save it again.' })
    const early = loading('', () => Promise.reject(broken))
    expect(await early.answer).toMatchObject({
      status: 400,
      text: '{"message":"It is cut off. Save it again."}',
    })
    expect(early.append).not.toHaveBeenCalled()
    const late = loading('', ({ onPull }) => {
      onPull(pull)
      return Promise.reject(broken)
    })
    const { status, text } = await late.answer
    const message = 'It is cut off. Save it again.'
    expect([status, JSON.parse(text)]).toEqual([200, { errorDetail: { message }, error: message }])
  })

  it('is given up when the client goes', async () => {
    const client = new AbortController()
    const { answer, options } = loading(
      '',
      ({ signal, onPull }) =>
        new Promise((_, reject) => {
          onPull(pull)
          signal.addEventListener('abort', () => reject(new WindlassError('CANCELLED', 'gone')))
        }),
      { signal: client.signal },
    )
    await vi.waitFor(() => options())
    client.abort()
    expect((await answer).text).toContain('gone')
  })
})
