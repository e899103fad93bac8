/** Tests pulls of all platforms of an index. */
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes } from '../../lib/image/index.js'
import {
  type BuiltImage,
  type BuiltIndex,
  type ImagePlatform,
  buildIndex,
  putImage,
} from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import { Workbench, asked, blobPath, blobsIn, imageOf } from '../support/workbench.js'

const platformed = (architecture: string, more: Partial<ImagePlatform> = {}): BuiltImage =>
  imageOf(['base', architecture], { platform: { os: 'linux', architecture, ...more } })

const amd = platformed('amd64')
const arm = platformed('arm64', { variant: 'v8' })

/** Adds an index with the given entries, which may be invalid. */
function putIndex(registry: TestRegistry, tag: string, manifests: readonly object[]): string {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
  registry.putManifest('team/app', tag, bytes, mediaTypes.ociIndex)
  return digestOf(bytes)
}

const entry = ({ manifest }: BuiltImage | BuiltIndex, more: object = {}): object => {
  const { mediaType, digest, size } = manifest
  return { mediaType, digest, size, ...more }
}

describe('all platforms', () => {
  const bench = new Workbench()
  const nameIn = ({ host }: TestRegistry, tag = '1'): string => `${host}/team/app:${tag}`

  it('stores every image of the index and points the name at the index (S2-79)', async () => {
    const registry = await bench.registry()
    const index = buildIndex([amd, arm])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const name = nameIn(registry)
    const result = await puller.pullAllPlatforms(name).done
    expect(result).toMatchObject({
      ...{
        name,
        digest: index.manifest.digest,
        mediaType: mediaTypes.ociIndex,
        status: 'newer',
        leftOut: [],
      },
      images: [
        { platform: 'linux/amd64', manifestDigest: amd.manifest.digest, digest: index.manifest.digest },
        { platform: 'linux/arm64/v8', manifestDigest: arm.manifest.digest },
      ],
    })
    expect(result.images.flatMap(({ layers }) => layers).every(({ rootfs }) => rootfs !== undefined)).toBe(
      true,
    )
    const all = [amd, arm].flatMap(({ manifest, blobs }) => [manifest.digest, ...blobs.keys()])
    expect(await blobsIn(puller.store)).toEqual([...new Set([...all, index.manifest.digest])].sort())
    expect(await puller.images()).toMatchObject([
      { name, digest: index.manifest.digest, platform: 'linux/amd64,linux/arm64/v8', imageId: undefined },
    ])
    expect((await puller.images())[0]?.size).toBeGreaterThan(0)
    const shared = amd.layers[0]!.digest
    expect(asked(registry).filter((each) => each === `blob ${shared}`)).toHaveLength(1)
  })

  it('a second pull, of all platforms or of one, is up to date and keeps the name at the index (S2-06)', async () => {
    const registry = await bench.registry()
    const index = buildIndex([amd, arm])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const name = nameIn(registry)
    await puller.pullAllPlatforms(name).done
    expect((await puller.pullAllPlatforms(name).done).status).toBe('up-to-date')
    for (const platform of ['linux/amd64', 'linux/arm64'])
      expect((await puller.pull(name, { platform }).done).status).toBe('up-to-date')
    expect(await puller.images()).toMatchObject([{ digest: index.manifest.digest, imageId: undefined }])
    const before = registry.requests.length
    const tree = bench.path()
    const { platform } = await puller.unpack(name, tree, { platform: 'linux/arm64' }).done
    expect(platform).toBe('linux/arm64/v8')
    expect(registry.requests).toHaveLength(before)
  })

  it('fetches missing content again, and is then newer', async () => {
    const registry = await bench.registry()
    const index = buildIndex([amd, arm])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const name = nameIn(registry)
    await puller.pullAllPlatforms(name).done
    for (const [{ digest }, status] of [
      [index.manifest, 'up-to-date'],
      [arm.config, 'newer'],
    ] as const) {
      rmSync(blobPath(puller.store, digest))
      expect((await puller.pullAllPlatforms(name).done).status).toBe(status)
      expect(await blobsIn(puller.store)).toContain(digest)
    }
  })

  it('skips attestations and unknown/unknown, and lists them in the result (S2-78)', async () => {
    const registry = await bench.registry()
    const attestation = platformed('unknown')
    for (const image of [amd, arm, attestation])
      await putImage(registry, 'team/app', image.manifest.digest, image)
    const digest = putIndex(registry, '1', [
      entry(attestation, {
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      }),
      entry(amd, { platform: amd.platform }),
      entry(arm), // without a platform: its config states it
    ])
    const puller = await bench.puller()
    const result = await puller.pullAllPlatforms(nameIn(registry)).done
    expect(result).toMatchObject({
      digest,
      images: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64/v8' }],
      leftOut: [attestation.manifest.digest],
    })
    expect(asked(registry)).not.toContain(`manifest ${attestation.manifest.digest}`)
  })

  it('follows nested indexes to a depth of four and refuses a fifth (S2-79)', async () => {
    const registry = await bench.registry()
    let nested: BuiltIndex = buildIndex([amd])
    for (let depth = 2; depth <= 4; depth++) nested = buildIndex([nested])
    await putImage(registry, 'team/app', '4', buildIndex([...nested.children, arm]))
    await putImage(registry, 'team/app', '5', buildIndex([nested]))
    const puller = await bench.puller()
    const { images } = await puller.pullAllPlatforms(nameIn(registry, '4')).done
    expect(images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64/v8'])
    expect((await puller.pull(nameIn(registry, '4'), { platform: 'linux/amd64' }).done).status).toBe(
      'up-to-date',
    )
    const refused = { code: 'LIMIT_EXCEEDED', exitCode: 5 }
    await expect(puller.pullAllPlatforms(nameIn(registry, '5')).done).rejects.toMatchObject(refused)
    const deep = puller.pull(nameIn(registry, '5'), { platform: 'linux/amd64' })
    await expect(deep.done).rejects.toMatchObject(refused)
  })

  it('pulls a single image if the name does not point at an index', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', arm)
    const puller = await bench.puller()
    const set = puller.pullAllPlatforms(nameIn(registry))
    const warnings: string[] = []
    set.each.subscribe(({ pull }) =>
      pull.events.subscribe((event) => event.type === 'warning' && warnings.push(event.message)),
    )
    expect(await set.done).toMatchObject({
      digest: arm.manifest.digest,
      images: [{ platform: 'linux/arm64/v8' }],
    })
    expect(warnings).toEqual([])
    expect(await puller.images()).toMatchObject([{ imageId: arm.config.digest }])
  })

  it('fails if one image fails, and then sets no name', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', buildIndex([amd, arm]))
    registry.addFault(faults.status(403, { reference: arm.layers[1]!.digest, times: Infinity }))
    const puller = await bench.puller()
    await expect(puller.pullAllPlatforms(nameIn(registry)).done).rejects.toMatchObject({ code: 'DENIED' })
    expect(await puller.images()).toEqual([])
  })

  it('fails for an index that contains only attestations (S2-78)', async () => {
    const registry = await bench.registry()
    putIndex(registry, '1', [entry(amd, { platform: { os: 'unknown', architecture: 'unknown' } })])
    const puller = await bench.puller()
    const set = puller.pullAllPlatforms(nameIn(registry))
    await expect(set.done).rejects.toMatchObject({ code: 'PLATFORM_UNMATCHED', exitCode: 4 })
  })
})
