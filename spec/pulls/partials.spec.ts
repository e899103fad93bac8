/** What an interrupted download leaves: any host that serves the digest may give the rest, and there is a budget for it. */
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Digest } from '../../lib/image/index.js'
import { type BuiltImage, putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { Windlass } from '../../puller/index.js'
import { blobRequests, eventsOf, largeImage, rangesOf, statuses, wanted } from '../support/watching.js'
import { Workbench, blobPath } from '../support/workbench.js'

const size = 300_000
const broken = 100_000

describe('what a download that broke off leaves', () => {
  const bench = new Workbench()

  interface Scene {
    readonly registry: TestRegistry
    readonly puller: Windlass
    readonly image: BuiltImage
    readonly digest: Digest
    readonly name: string
  }

  async function scene(retries: number): Promise<Scene> {
    const registry = await bench.registry()
    const image = largeImage(size)
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ retries })
    return { registry, puller, image, digest: image.layers[0]!.digest, name: `${registry.host}/team/app:1` }
  }

  /** The first request for the layer ends after `broken` bytes. */
  const breaksOff = (digest: Digest) => faults.truncate(broken, { reference: digest, nth: 1 })

  async function expectWhole({ puller, image, digest }: Scene): Promise<void> {
    expect((await readFile(blobPath(puller.store, digest))).equals(image.layers[0]!.bytes)).toBe(true)
    expect(await readdir(join(puller.store, 'partial', 'sha256'))).toEqual([])
  }

  it('is gone on with from another host that serves the digest, whatever that one tells it by (S2-66)', async () => {
    const all = await scene(1)
    const { registry, puller, digest, image } = all
    registry.addFault(breaksOff(digest))
    await expect(puller.pull(all.name, wanted).done).rejects.toMatchObject({ code: 'NETWORK' })
    const mirror = await bench.registry()
    await putImage(mirror, 'mirrored/app', '2', image)
    // Its blobs are told by something else than their digest, and it minds a validator that is not its own.
    mirror.addFault(faults.header('ETag', '"of the mirror"', { reference: digest }))
    mirror.hook(({ reference, headers }) =>
      reference === digest && headers['if-range'] !== undefined
        ? { status: 200, headers: {}, body: mirror.blob(digest)! }
        : undefined,
    )
    const pull = puller.pull(`${mirror.host}/mirrored/app:2`, wanted)
    const events = eventsOf(pull)
    await pull.done
    expect(rangesOf(mirror, digest)).toEqual([`bytes=${broken}-`])
    expect(blobRequests(registry, digest)).toHaveLength(1)
    expect(statuses(events, digest)).not.toContain('restart')
    await expectWhole(all)
  })

  it('pieces of two hosts that do not fit together are thrown away, and all of it comes again (S2-74)', async () => {
    const all = await scene(2)
    all.registry.addFault(faults.wrongByte(7, { reference: all.digest, nth: 1 }))
    all.registry.addFault(breaksOff(all.digest))
    all.registry.addFault(faults.status(404, { reference: all.digest, nth: 2 }))
    await expect(all.puller.pull(all.name, wanted).done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    const mirror = await bench.registry()
    await putImage(mirror, 'app', '1', all.image)
    await all.puller.pull(`${mirror.host}/app:1`, wanted).done
    expect(rangesOf(mirror, all.digest)).toEqual([`bytes=${broken}-`, undefined])
    await expectWhole(all)
  })

  it('has a budget, which pulls alone keep: the oldest go first', async () => {
    const registry = await bench.registry()
    const names = ['one', 'two', 'three']
    const digests: Digest[] = []
    for (const name of names) {
      const image = largeImage(size)
      digests.push(image.layers[0]!.digest)
      await putImage(registry, name, '1', image)
    }
    const store = bench.path()
    const keepPartials = 2.5 * broken
    const pullPart = async (at: number): Promise<void> => {
      const puller = await bench.puller({ store, keepPartials })
      registry.addFault(faults.truncate(broken, { reference: digests[at]!, nth: 1 }))
      const pull = puller.pull(`${registry.host}/${names[at]!}:1`, wanted)
      await expect(pull.done).rejects.toMatchObject({ code: 'NETWORK' })
      await puller.close()
    }
    const here = async (): Promise<string[]> =>
      (await readdir(join(store, 'partial', 'sha256'))).filter((name) => !name.includes('.')).sort()
    const hexOf = (...which: number[]): string[] => which.map((at) => digests[at]!.slice(7)).sort()
    await pullPart(0)
    await pullPart(1)
    expect(await here()).toEqual(hexOf(0, 1))
    await pullPart(2)
    expect(await here()).toEqual(hexOf(1, 2))
    const puller = await bench.puller({ store, keepPartials })
    await puller.pull(`${registry.host}/${names[1]!}:1`, wanted).done
    expect(rangesOf(registry, digests[1]!)).toEqual([undefined, `bytes=${broken}-`])
    expect(await here()).toEqual(hexOf(2))
    // Of one process too, as soon as nothing is under way in it.
    registry.addFault(faults.truncate(2 * broken, { reference: digests[0]!, nth: 2 }))
    const failed = puller.pull(`${registry.host}/${names[0]!}:1`, wanted)
    await expect(failed.done).rejects.toMatchObject({ code: 'NETWORK' })
    await failed.closed()
    await puller.collect({ dryRun: true }) // after which nothing is under way any more
    expect(await here()).toEqual(hexOf(0))
  })
})
