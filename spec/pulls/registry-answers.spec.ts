/** Pulls against what registries answer: what they need not say, what they say instead of an image, and what is made of it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Digest, manifestAccept, mediaTypes } from '../../lib/image/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { type Answer, type TestRegistry, faults, problem } from '../../lib/testing/registry/index.js'
import { Workbench, asked, fileNamed, imageOf, stagedIn } from '../support/workbench.js'

const wanted = { platform: 'linux/amd64' }
const nameIn = ({ host }: TestRegistry, suffix = ':1'): string => `${host}/team/app${suffix}`

describe('what a registry answers', () => {
  const bench = new Workbench()

  it('need not carry the version header of the API (S3-10)', async () => {
    const registry = await bench.registry({ auth: { kind: 'token' } })
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    await puller.pull(nameIn(registry), wanted).done
    const response = await fetch(`${registry.url}/v2/`)
    expect(response.headers.has('docker-distribution-api-version')).toBe(false)
    await response.arrayBuffer()
  })

  it('a server that knows nothing of version 2 is not tried with version 1, and the error says why (S2-03)', async () => {
    const registry = await bench.registry()
    registry.hook((): Answer => ({ status: 404, headers: {}, body: Buffer.from('<h1>Not Found</h1>') }))
    const puller = await bench.puller()
    const hint = expect.stringContaining('version 1 is not supported')
    await expect(puller.pull(nameIn(registry)).done).rejects.toMatchObject({ hint, exitCode: 4 })
    await expect(puller.pullAllTags(nameIn(registry, '')).done).rejects.toMatchObject({ hint, exitCode: 4 })
    expect(registry.requests.filter(({ url }) => !url.startsWith('/v2/'))).toEqual([])
  })

  it('a registry that does know it is believed, in its own words (S2-03, S3-19)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.hook(({ reference }) =>
      reference === '2' ? problem(404, 'MANIFEST_UNKNOWN', 'no such tag, try another') : undefined,
    )
    const puller = await bench.puller()
    await expect(puller.pull(nameIn(registry, ':2')).done).rejects.toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: expect.stringContaining('no such tag, try another'),
      hint: expect.not.stringContaining('version 1'),
    })
  })

  it.each([
    [404, 'MANIFEST_UNKNOWN', 4],
    [403, 'DENIED', 3],
  ] as const)('a %d ends the pull with %s and the exit code %d (S3-12)', async (status, code, exitCode) => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.addFault(faults.status(status, { kind: 'manifest', times: Infinity }))
    const puller = await bench.puller()
    await expect(puller.pull(nameIn(registry)).done).rejects.toMatchObject({ code, exitCode })
  })

  it('a tag is asked for by tag, a digest by digest, with every type in Accept (S2-10, S2-11, S2-13)', async () => {
    const registry = await bench.registry()
    const { manifest } = await put(registry)
    const puller = await bench.puller()
    await puller.pull(nameIn(registry), wanted).done
    await puller.pull(nameIn(registry, `@${manifest.digest}`), wanted).done
    const manifests = registry.requests.filter(({ kind }) => kind === 'manifest')
    expect(manifests.map(({ method, reference }) => [method, reference])).toEqual([
      ['GET', '1'],
      ['GET', manifest.digest],
    ])
    expect(manifests.map(({ headers }) => headers['accept'])).toEqual([manifestAccept, manifestAccept])
  })

  it.each(['', 'application/json', 'text/plain; charset=utf-8', 'application/octet-stream', '; ;'])(
    'with the type %j the body decides (C2, S2-15, S2-16)',
    async (type) => {
      const registry = await bench.registry()
      const image = await put(registry)
      const index = buildIndex([image])
      registry.putManifest('team/app', 'image', image.manifest.bytes, type)
      registry.putManifest('team/app', 'index', index.manifest.bytes, type)
      const puller = await bench.puller()
      expect((await puller.pull(nameIn(registry, ':image'), wanted).done).mediaType).toBe(
        mediaTypes.ociManifest,
      )
      expect((await puller.pull(nameIn(registry, ':index'), wanted).done).mediaType).toBe(mediaTypes.ociIndex)
    },
  )

  it.each([
    ['docker', mediaTypes.dockerManifest],
    ['oci', mediaTypes.ociManifest],
  ] as const)('%s, with parameters after its type (S2-15, S2-17)', async (format, type) => {
    const registry = await bench.registry()
    const { manifest } = await put(registry, imageOf(['base'], { format }))
    registry.putManifest('team/app', '1', manifest.bytes, `${type.toUpperCase()}; charset=utf-8; q=1`)
    const puller = await bench.puller()
    expect((await puller.pull(nameIn(registry), wanted).done).mediaType).toBe(type)
  })

  it('a type that the body contradicts is refused, both named; so is a body that is two things at once (C2)', async () => {
    const registry = await bench.registry()
    const { manifest } = await put(registry)
    registry.putManifest('team/app', 'lie', manifest.bytes, mediaTypes.ociIndex)
    const both = { ...(JSON.parse(manifest.bytes.toString()) as object), manifests: [], mediaType: undefined }
    registry.putManifest('team/app', 'both', Buffer.from(JSON.stringify(both)), '')
    const puller = await bench.puller()
    const lie = await puller.pull(nameIn(registry, ':lie')).done.catch((error: unknown) => error)
    expect(lie).toMatchObject({ code: 'MANIFEST_INVALID', exitCode: 5 })
    expect(String(lie)).toContain(mediaTypes.ociIndex)
    expect(String(lie)).toContain(mediaTypes.ociManifest)
    await expect(puller.pull(nameIn(registry, ':both')).done).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    })
  })

  it('other bytes than the digest asked for are refused; the digest reported is the one asked for (S2-20)', async () => {
    const registry = await bench.registry()
    const { manifest } = await put(registry)
    const puller = await bench.puller()
    const name = nameIn(registry, `@${manifest.digest}`)
    expect((await puller.pull(name, wanted).done).digest).toBe(manifest.digest)
    registry.addFault(faults.wrongManifest())
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(`manifest verification failed for digest ${manifest.digest}`),
      exitCode: 5,
    })
  })

  it('a config that is called a mere octet-stream is a config (S2-22)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'], { format: 'docker' })
    await putImage(registry, 'team/app', '1', image)
    const body = image.manifest.bytes.toString().replace(mediaTypes.dockerConfig, 'application/octet-stream')
    registry.putManifest('team/app', '1', Buffer.from(body), image.manifest.mediaType)
    const puller = await bench.puller()
    expect((await puller.pull(nameIn(registry), wanted).done).imageId).toBe(image.config.digest)
  })

  it('the pull tells what it pulls, and then the digest (S2-18)', async () => {
    const registry = await bench.registry()
    const { manifest } = await put(registry)
    const puller = await bench.puller()
    const pull = puller.pull(nameIn(registry), wanted)
    const told: string[] = []
    pull.events.subscribe((event) => {
      if (event.type === 'start') told.push(event.reference)
      if (event.type === 'manifest') told.push(event.digest)
    })
    await pull.done
    expect(told).toEqual([nameIn(registry), manifest.digest])
  })

  it('names that nobody can pull are refused before any traffic (S2-09)', async () => {
    const registry = await bench.registry()
    const puller = await bench.puller()
    for (const name of ['scratch', 'a'.repeat(64), `${registry.host}/Team/app`])
      expect(() => puller.pull(name)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
    expect(registry.requests).toEqual([])
  })

  it('an image that there is only as schema 2 comes by name, by tag and by digest (S3-02, S3-07)', async () => {
    const registry = await bench.registry()
    const image = await put(registry, imageOf(['base'], { format: 'docker' }), 'latest')
    for (const suffix of ['', ':latest', `@${image.manifest.digest}`]) {
      const puller = await bench.puller()
      const { digest, mediaType } = await puller.pull(nameIn(registry, suffix), wanted).done
      expect({ digest, mediaType }).toEqual({
        digest: image.manifest.digest,
        mediaType: mediaTypes.dockerManifest,
      })
    }
  })

  it('a layer is there whole or not at all, and nothing that failed stays behind (S3-18)', async () => {
    const registry = await bench.registry()
    const [base, top] = ['base', 'top'].map((name) => ({ entries: fileNamed(name) }))
    const image = await put(registry, buildImage({ layers: [base!, top!] }))
    const [good, bad] = image.layers
    registry.addFault(faults.wrongByte(20, { reference: bad!.digest, times: Infinity }))
    const puller = await bench.puller()
    const pull = puller.pull(nameIn(registry), wanted)
    await expect(pull.done).rejects.toMatchObject({ exitCode: 5 })
    await pull.closed()
    const layers = await readdir(join(puller.store, 'layers', 'sha256')).catch((): string[] => [])
    const hex = (digest: Digest): string => digest.replace('sha256:', '')
    expect(layers).not.toContain(hex(bad!.diffID))
    expect(layers.every((each) => each === hex(good!.diffID))).toBe(true)
    expect(await stagedIn(puller.store)).toEqual([])
    expect(await readdir(join(puller.store, 'partial', 'sha256')).catch(() => [])).not.toContain(
      hex(bad!.digest),
    )
    expect(asked(registry)).toContain(`blob ${bad!.digest}`)
  })

  it.each([
    ['by tag', ':gone'],
    ['by digest', `@sha256:${'0'.repeat(64)}`],
  ])('a name %s that fails leads to no other way of asking (S2-04)', async (_way, suffix) => {
    const registry = await bench.registry()
    await put(registry)
    const puller = await bench.puller()
    await expect(puller.pull(nameIn(registry, suffix), wanted).done).rejects.toMatchObject({ exitCode: 4 })
    const target = suffix.slice(1)
    expect(asked(registry)).toEqual([`manifest ${target}`])
    expect(registry.requests.every(({ url }) => url.startsWith('/v2/'))).toBe(true)
  })

  async function put(registry: TestRegistry, image = imageOf(['base']), tag = '1') {
    await putImage(registry, 'team/app', tag, image)
    return image
  }
})
