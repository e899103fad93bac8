/** Tests `inspect` and `resolve`: results, requests and errors. */
import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes } from '../../lib/image/index.js'
import { buildImage, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults, problem } from '../../lib/testing/registry/index.js'
import { inspectedFields } from '../../pipelines/index.js'
import { putSchema1, repository, signedManifest } from '../../testbench/registries/schema1-registry.js'
import { Workbench, asked, fileNamed, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'
const nameIn = ({ host }: TestRegistry, suffix = ':1'): string => `${host}/team/app${suffix}`

describe('inspect', () => {
  const bench = new Workbench()

  it('returns the tag, the digest, all tags, the config and the layers (S4-22)', async () => {
    const registry = await bench.registry({ pageSize: 1 })
    const image = imageOf(['base', 'top'], {
      format: 'docker',
      config: {
        created: '2016-01-28T10:00:00.5Z',
        docker_version: '1.9.1',
        config: { Labels: { vendor: 'us' }, Env: ['A=b'] },
      },
    })
    await putImage(registry, 'team/app', '1', image)
    await putImage(registry, 'team/app', '2', imageOf(['other']))
    const puller = await bench.puller()
    const inspection = await puller.inspect(nameIn(registry), { platform, tags: true })
    expect(inspectedFields(inspection)).toMatchObject({
      Name: `${registry.host}/team/app`,
      Tag: '1',
      Digest: image.manifest.digest,
      RepoTags: ['1', '2'],
      Created: '2016-01-28T10:00:00.5Z',
      DockerVersion: '1.9.1',
      Labels: { vendor: 'us' },
      Architecture: 'amd64',
      Os: 'linux',
      Layers: image.layers.map(({ digest }) => digest),
      ImageId: image.config.digest,
    })
    expect(inspection.warnings).toEqual([])
  })

  it('has the warnings of the pull, such as that of a schema 1 manifest', async () => {
    const registry = await bench.registry()
    putSchema1(registry, signedManifest)
    const puller = await bench.puller()
    const { warnings } = await puller.inspect(`${registry.host}/${repository}`, { platform })
    expect(warnings.map(({ code }) => code)).toEqual(['SCHEMA1_SIGNED'])
  })

  it('has empty fields for values that the config does not state (S4-22)', async () => {
    const registry = await bench.registry()
    await putImage(
      registry,
      'team/app',
      '1',
      imageOf(['base'], { config: { created: undefined, config: null } }),
    )
    const puller = await bench.puller()
    expect(inspectedFields(await puller.inspect(nameIn(registry), { platform }))).toMatchObject({
      ...{ RepoTags: [], Created: null, DockerVersion: '', Labels: null, Env: null },
    })
  })

  it('requests the manifest, then the config, and no layer (S4-18)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    await puller.inspect(nameIn(registry), { platform })
    expect(asked(registry)).toEqual(['manifest 1', `blob ${image.config.digest}`])
  })

  it('fails for a manifest with a wrong digest before it requests the config (S4-18, S4-07)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.wrongManifest())
    const puller = await bench.puller()
    const named = puller.inspect(nameIn(registry, `@${image.manifest.digest}`), { platform })
    await expect(named).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(asked(registry)).toHaveLength(1)
  })

  it('requests the manifest without waiting for the tags, and succeeds without them (S4-01)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.hook(({ kind }) => (kind === 'tags' ? problem(403, 'DENIED', 'no lists here') : undefined))
    const puller = await bench.puller()
    const without = await puller.inspect(nameIn(registry), { platform })
    expect(asked(registry).filter((each) => each.startsWith('tags'))).toEqual([])
    expect(without.tags).toBeUndefined()

    const inspection = await puller.inspect(nameIn(registry), { platform, tags: true })
    expect(inspection).toMatchObject({
      warnings: [{ code: 'tags-not-listed', message: expect.stringContaining('no lists here') }],
      image: { platform },
    })
    expect(inspectedFields(inspection)?.RepoTags).toEqual([])
  })

  it('requests a digest by digest; if that fails, it tries nothing else (S4-02)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const { digest } = image.manifest
    expect((await puller.inspect(nameIn(registry, `@${digest}`), { platform })).tag).toBeUndefined()
    expect(asked(registry)[0]).toBe(`manifest ${digest}`)
    const before = registry.requests.length
    const missing = puller.inspect(nameIn(registry, `@${digestOf(Buffer.from('nothing'))}`))
    await expect(missing).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN', exitCode: 4 })
    expect(registry.requests).toHaveLength(before + 1)
  })

  it('requests a tag by GET, and latest for a name without a tag (S4-03, S4-04)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', 'latest', imageOf(['base']))
    const puller = await bench.puller()
    expect(await puller.inspect(nameIn(registry, ''), { platform })).toMatchObject({ tag: 'latest' })
    const manifests = registry.requests.filter(({ kind }) => kind === 'manifest')
    expect(manifests.map(({ method, reference }) => `${method} ${reference}`)).toEqual(['GET latest'])
  })

  it('an empty manifest counts as not found (S4-05, S2-12)', async () => {
    const registry = await bench.registry()
    registry.putManifest('team/app', '1', Buffer.alloc(0), mediaTypes.ociManifest)
    const puller = await bench.puller()
    const message = expect.stringContaining('image manifest does not exist for tag or digest')
    await expect(puller.inspect(nameIn(registry))).rejects.toMatchObject({ message, exitCode: 4 })
    await expect(puller.pull(nameIn(registry)).done).rejects.toMatchObject({ message, exitCode: 4 })
  })

  it('a manifest of an unknown kind is UNSUPPORTED, and the error names the kind (S4-06)', async () => {
    const registry = await bench.registry()
    const type = 'application/vnd.example.thing+json'
    registry.putManifest('team/app', '1', Buffer.from('{"schemaVersion":7}'), type)
    const puller = await bench.puller()
    const refused = { code: 'MANIFEST_UNSUPPORTED', message: expect.stringContaining(type) }
    await expect(puller.inspect(nameIn(registry))).rejects.toMatchObject(refused)
    await expect(puller.pull(nameIn(registry)).done).rejects.toMatchObject(refused)
  })

  it.each(['docker', 'oci'] as const)('accepts %s manifests and indexes (S4-06, S4-21)', async (format) => {
    const registry = await bench.registry()
    const [amd, arm] = ['amd64', 'arm64'].map((architecture) =>
      imageOf([architecture], { format, platform: { os: 'linux', architecture } }),
    )
    const index = buildIndex([amd!, arm!], { format })
    await putImage(registry, 'team/app', '1', amd!)
    await putImage(registry, 'team/app', 'list', index)
    const puller = await bench.puller()
    expect((await puller.inspect(nameIn(registry), { platform })).digest).toBe(amd!.manifest.digest)
    const listed = await puller.inspect(nameIn(registry, ':list'), { platform: 'linux/arm64' })
    expect(listed).toMatchObject({ digest: index.manifest.digest, image: { digest: arm!.manifest.digest } })
    const none = puller.inspect(nameIn(registry, ':list'), { platform: 'linux/s390x' })
    await expect(none).rejects.toMatchObject({
      code: 'PLATFORM_UNMATCHED',
      message: expect.stringContaining('no supported platform found in manifest list'),
    })
  })

  it('fails with DIGEST_MISMATCH for a config with other bytes (S4-19)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.wrongByte(3, { reference: image.config.digest, times: Infinity }))
    const puller = await bench.puller()
    await expect(puller.inspect(nameIn(registry), { platform })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: expect.stringContaining(image.config.digest),
      exitCode: 5,
    })
  })

  it('fails for an image with layers whose config has no rootfs, on any system (S4-20)', async () => {
    const registry = await bench.registry()
    const image = buildImage({ layers: [{ entries: fileNamed('base') }], config: { rootfs: undefined } })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    await expect(puller.inspect(nameIn(registry), { platform })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('has no rootfs'),
    })
  })

  it('fails without waiting for the tags', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.addFault(faults.slow(60_000, { kind: 'tags' }))
    registry.hook(async ({ kind }) => {
      if (kind === 'manifest') await expect.poll(() => registry.appliedFaults).toEqual(['slow'])
      return undefined
    })
    const puller = await bench.puller()
    const missing = puller.inspect(nameIn(registry, ':none'), { platform, tags: true })
    await expect(missing).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
  }, 30_000)

  it('ends when the signal aborts, whatever it waits for', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    registry.addFault(faults.slow(60_000, { kind: 'manifest', times: Infinity }))
    const puller = await bench.puller()
    const stop = new AbortController()
    const inspection = puller.inspect(nameIn(registry), { tags: true, signal: stop.signal })
    await expect.poll(() => registry.appliedFaults).toEqual(['slow'])
    stop.abort()
    await expect(inspection).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
    const early = puller.inspect(nameIn(registry), { signal: AbortSignal.abort() })
    await expect(early).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('resolve', () => {
  const bench = new Workbench()
  const methods = ({ requests }: TestRegistry): string[] =>
    requests.filter(({ kind }) => kind !== 'ping').map(({ method, kind }) => `${method} ${kind}`)

  it('requests only a HEAD (C4)', async () => {
    const registry = await bench.registry()
    const index = buildIndex([imageOf(['base'])])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const { digest, mediaType, size } = index.manifest
    expect(await puller.resolve(nameIn(registry))).toEqual({
      name: nameIn(registry),
      digest,
      mediaType,
      size,
    })
    expect(methods(registry)).toEqual(['HEAD manifest'])
  })

  it('fetches the manifest if HEAD fails or states no digest (C4)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    let withDigest = true
    registry.hook(({ method, kind }) => {
      if (kind !== 'manifest') return undefined
      if (method === 'HEAD') return { status: 405, headers: {}, body: Buffer.alloc(0) }
      if (withDigest) return undefined
      const { mediaType, bytes } = image.manifest
      return { status: 200, headers: { 'content-type': mediaType }, body: bytes }
    })
    const puller = await bench.puller()
    const { digest, mediaType } = image.manifest
    expect(await puller.resolve(nameIn(registry))).toMatchObject({ digest, mediaType })
    withDigest = false
    expect(await puller.resolve(nameIn(registry))).toMatchObject({ digest, mediaType })
  })

  it('fails if the registry states another digest than the requested one, and for an unknown name (C4)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    const wrong = digestOf(Buffer.from('wrong'))
    await putImage(registry, 'team/app', '1', image)
    registry.hook(({ kind, reference }) =>
      kind === 'manifest' && reference === wrong
        ? {
            status: 200,
            headers: {
              'docker-content-digest': image.manifest.digest,
              'content-type': mediaTypes.ociManifest,
            },
            body: image.manifest.bytes,
          }
        : undefined,
    )
    const puller = await bench.puller()
    await expect(puller.resolve(nameIn(registry, `@${wrong}`))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    await expect(puller.resolve(nameIn(registry, ':2'))).rejects.toMatchObject({ exitCode: 4 })
  })

  it('a pull does not send HEAD (C4)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    await puller.pull(nameIn(registry), { platform }).done
    expect(methods(registry).filter((each) => each.startsWith('HEAD'))).toEqual([])
  })
})
