/** Which image of an index a pull takes, and what it says where that is not what was asked for. */
import { describe, expect, it } from 'vitest'
import type { PullEvent } from '../../lib/events/index.js'
import { type Descriptor, digestOf, mediaTypes } from '../../lib/image/index.js'
import { type BuiltImage, type ImagePlatform, buildIndex, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, problem } from '../../lib/testing/registry/index.js'
import type { Pull } from '../../puller/index.js'
import { Workbench, asked, imageOf } from '../support/workbench.js'

const image = (label: string, platform: ImagePlatform & Record<string, unknown>): BuiltImage =>
  imageOf([label], { platform })

const linux = (architecture: string, variant?: string) =>
  image(`${architecture}${variant ?? ''}`, {
    os: 'linux',
    architecture,
    ...(variant === undefined ? {} : { variant }),
  })

/** `team/app:1`, an index of these images with what each entry says of its platform. */
async function putEntries(
  registry: TestRegistry,
  entries: readonly (readonly [BuiltImage, Partial<Descriptor>?])[],
): Promise<void> {
  for (const [each] of entries) await putImage(registry, 'team/app', each.manifest.digest, each)
  const manifests = entries.map(
    ([
      {
        manifest: { mediaType, digest, size },
      },
      more,
    ]) => {
      return { mediaType, digest, size, ...more }
    },
  )
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
  registry.putManifest('team/app', '1', bytes, mediaTypes.ociIndex)
}

const eventsOf = async (pull: Pull): Promise<PullEvent[]> => {
  const events: PullEvent[] = []
  pull.events.subscribe((event) => events.push(event))
  await pull.done
  return events
}

const warningsOf = async (pull: Pull) => (await eventsOf(pull)).filter(({ type }) => type === 'warning')

describe('out of an index', () => {
  const bench = new Workbench()
  const [amd, v5, v6, v7, arm64] = [
    linux('amd64'),
    linux('arm', 'v5'),
    linux('arm', 'v6'),
    linux('arm', 'v7'),
    linux('arm64', 'v8'),
  ]
  const plain = (each: BuiltImage): [BuiltImage, Partial<Descriptor>] => [each, { platform: each.platform }]

  it.each([
    ['linux/arm/v6', v6],
    ['linux/arm', v7],
    ['linux/arm64', arm64],
    ['linux/amd64/v3', amd],
    ['linux/arm/v8', v7],
  ])(
    '%s gets the best that runs there, not the first that is listed (S2-78, S4-21)',
    async (platform, best) => {
      const registry = await bench.registry()
      await putEntries(registry, [v5, v6, v7, arm64, amd].map(plain))
      const puller = await bench.puller()
      const { manifestDigest } = await puller.pull(`${registry.host}/team/app:1`, { platform }).done
      expect(manifestDigest).toBe(best.manifest.digest)
    },
  )

  it('the version and the features of the system count (S2-78)', async () => {
    const registry = await bench.registry()
    const windows = (version: string, label: string, features?: readonly string[]) =>
      [
        image(label, { os: 'windows', architecture: 'amd64', 'os.version': version }),
        {
          platform: {
            os: 'windows',
            architecture: 'amd64',
            'os.version': version,
            ...(features && { 'os.features': features }),
          },
        },
      ] as const
    const old = windows('10.0.17763.1', 'old')
    const fitting = windows('10.0.17763.9', 'fitting')
    const young = windows('10.0.20348.1', 'young')
    const special = windows('10.0.17763.99', 'special', ['quantum'])
    await putEntries(registry, [old, young, special, fitting])
    const puller = await bench.puller()
    const asking = puller.pull(`${registry.host}/team/app:1`, { platform: 'windows(10.0.17763.5)/amd64' })
    expect((await asking.done).manifestDigest).toBe(fitting[0].manifest.digest)
  })

  it('unknown/unknown is never chosen, and the error lists what there is without it (S2-78)', async () => {
    const registry = await bench.registry()
    const unknown = { platform: { os: 'unknown', architecture: 'unknown' } }
    await putEntries(registry, [[linux('riscv64'), unknown], plain(arm64)])
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    for (const platform of ['linux/s390x', 'unknown/unknown'])
      await expect(puller.pull(name, { platform }).done).rejects.toMatchObject({
        code: 'PLATFORM_UNMATCHED',
        exitCode: 4,
        message: expect.stringContaining('no supported platform found in manifest list'),
        hint: 'Choose one of its platforms with --platform: linux/arm64/v8.',
      })
  })

  it('the image is asked for by digest and verified, and the list’s digest is reported (S2-79, S4-21)', async () => {
    const registry = await bench.registry()
    const index = buildIndex([amd, arm64], { format: 'docker' })
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pulled = await puller.pull(name, { platform: 'linux/arm64' }).done
    expect(pulled).toMatchObject({ digest: index.manifest.digest, mediaType: mediaTypes.dockerManifestList })
    expect(asked(registry).slice(0, 2)).toEqual(['manifest 1', `manifest ${arm64.manifest.digest}`])

    registry.putManifest('team/app', arm64.manifest.digest, amd.manifest.bytes, amd.manifest.mediaType)
    const other = await bench.puller()
    await expect(other.pull(name, { platform: 'linux/arm64' }).done).rejects.toMatchObject({ exitCode: 5 })
  })

  it('an index that leads back to itself is refused (S2-79)', async () => {
    const registry = await bench.registry()
    // No real index has its own digest in it: this one is served under a digest that it has not.
    const digest = digestOf(Buffer.from('itself'))
    const body = { mediaType: mediaTypes.ociIndex, digest, size: 1 }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [body] }))
    registry.putManifest('team/app', digest, bytes, mediaTypes.ociIndex)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app@${digest}`
    await expect(puller.pull(name).done).rejects.toMatchObject({ exitCode: 5 })
    await expect(puller.pullAllPlatforms(name).done).rejects.toMatchObject({ exitCode: 5 })
  })

  it('of entries without a platform the config decides, and one that cannot be read is passed over (S2-78)', async () => {
    const registry = await bench.registry()
    const broken = linux('ppc64le')
    await putEntries(registry, [[broken], [arm64], [amd]])
    registry.hook(({ reference }) =>
      reference === broken.config.digest ? problem(404, 'BLOB_UNKNOWN', 'gone') : undefined,
    )
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pull = puller.pull(name, { platform: 'linux/amd64' })
    const events = await eventsOf(pull)
    expect((await pull.done).manifestDigest).toBe(amd.manifest.digest)
    expect(events).toContainEqual(expect.objectContaining({ type: 'platform', chosen: 'linux/amd64' }))
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
  })

  it('entries without a platform are not looked into where one with the right platform stands (S2-78)', async () => {
    const registry = await bench.registry()
    await putEntries(registry, [[arm64], plain(amd)])
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' }).done
    expect(asked(registry)).not.toContain(`manifest ${arm64.manifest.digest}`)
  })

  it('an older ARM image whose config names no variant is what its entry says', async () => {
    const registry = await bench.registry()
    const config = linux('arm')
    await putEntries(registry, [[config, { platform: { os: 'linux', architecture: 'arm', variant: 'v6' } }]])
    const puller = await bench.puller()
    const pull = puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/arm/v6' })
    expect(await warningsOf(pull)).toEqual([])
  })
})

describe('an image for another platform', () => {
  const bench = new Workbench()

  it('is pulled where it stands alone, with a warning (S2-78)', async () => {
    const registry = await bench.registry()
    const arm = linux('arm64', 'v8')
    await putImage(registry, 'team/app', '1', arm)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    expect(await warningsOf(puller.pull(name, { platform: 'linux/amd64' }))).toEqual([
      expect.objectContaining({
        code: 'platform-mismatch',
        message: `${name} is for linux/arm64/v8, but linux/amd64 was requested`,
        digest: arm.manifest.digest,
      }),
    ])
    expect(await warningsOf(puller.pull(name, { platform: 'linux/arm64' }))).toEqual([])
    expect((await puller.inspect(name, { platform: 'linux/amd64' })).warnings).toMatchObject([
      { code: 'platform-mismatch' },
    ])
  })

  it('is reported, too, where the index says one thing and the config another (S2-78)', async () => {
    const registry = await bench.registry()
    await putEntries(registry, [[linux('arm64', 'v8'), { platform: { os: 'linux', architecture: 'amd64' } }]])
    const puller = await bench.puller()
    const pull = puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' })
    expect(await warningsOf(pull)).toMatchObject([{ code: 'platform-mismatch' }])
  })
})
