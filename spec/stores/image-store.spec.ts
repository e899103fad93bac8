/** The image store as Docker's pull has it: names, ids, what is up to date, and what a pull holds on to. */
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { compose } from '../../lib/flow/index.js'
import { digestOf } from '../../lib/image/index.js'
import { buildIndex, putImage } from '../../lib/testing/images/index.js'
import { faults, problem } from '../../lib/testing/registry/index.js'
import type { PullOptions } from '../../puller/index.js'
import { Workbench, asked, doing, imageOf, stagedIn } from '../support/workbench.js'

const wanted: PullOptions = { platform: 'linux/amd64' }

describe('names', () => {
  const bench = new Workbench()

  it('one that points at the image already is not written, and the image is up to date (S2-06, S2-23)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    expect((await puller.pull(name, wanted).done).status).toBe('newer')
    const index = join(puller.store, 'index.json')
    const before = await stat(index)
    expect((await puller.pull(name, wanted).done).status).toBe('up-to-date')
    const after = await stat(index)
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
  })

  it('a lookup that fails fails the pull, whether or not the layers are here (S2-24)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    await puller.pull(name, wanted).done
    await writeFile(join(puller.store, 'index.json'), '{"schemaVersion":2,"manifests":7}')
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await putImage(registry, 'team/app', '1', imageOf(['other']))
    await expect(puller.pull(name, wanted).done).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('a tag that moved takes its name along (S2-06, S2-25)', async () => {
    const registry = await bench.registry()
    const [old, young] = [imageOf(['old']), imageOf(['young'])]
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    for (const image of [old, young, old]) {
      await putImage(registry, 'team/app', '1', image)
      expect((await puller.pull(name, wanted).done).status).toBe('newer')
      expect(await puller.images()).toEqual([expect.objectContaining({ name, imageId: image.config.digest })])
    }
  })

  it('a digest has a name of its own, which another choice from its index takes over (S2-25)', async () => {
    const registry = await bench.registry()
    const arm = imageOf(['arm'], { platform: { os: 'linux', architecture: 'arm64' } })
    const amd = imageOf(['amd'])
    const index = buildIndex([amd, arm])
    await putImage(registry, 'team/app', '1', index)
    const puller = await bench.puller()
    const { digest } = index.manifest
    const name = `${registry.host}/team/app@${digest}`
    for (const image of [amd, arm]) {
      const { os, architecture } = image.platform
      await puller.pull(name, { platform: `${os}/${architecture}` }).done
      expect(await puller.images()).toEqual([
        expect.objectContaining({ name, digest, imageId: image.config.digest }),
      ])
    }
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    expect((await puller.images()).map((each) => each.name).sort()).toEqual(
      [`${registry.host}/team/app:1`, name].sort(),
    )
  })
})

describe('images', () => {
  const bench = new Workbench()

  it('have the digest of their config as their id (S2-26)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const { imageId } = await puller.pull(`${registry.host}/team/app:1`, wanted).done
    expect(imageId).toBe(digestOf(image.config.bytes))
  })

  it('are refused where a layer is not the one that the config lists, and not only by their number (S2-35)', async () => {
    const registry = await bench.registry()
    const [base, other] = imageOf(['base', 'other']).layers
    const image = imageOf(['base', 'top'], {
      config: { rootfs: { type: 'layers', diff_ids: [base!.diffID, other!.diffID] } },
    })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/team/app:1`, wanted).done).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
      exitCode: 5,
    })
    expect(await puller.images()).toEqual([])
  })

  it('are not named where a layer went away before the end (S2-40)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const stages: PullOptions['stages'] = (bound) => ({
      ...bound,
      commitImage: compose(
        doing(async ({ ensured }) => {
          const top = ensured.find(({ task }) => task.descriptor.digest === image.layers[1]!.digest)
          await rm(join(top!.stored!.rootfs, '..'), { recursive: true })
        }),
        bound.commitImage,
      ),
    })
    const pull = puller.pull(`${registry.host}/team/app:1`, { ...wanted, discardBlobs: true, stages })
    await expect(pull.done).rejects.toMatchObject({
      exitCode: 7,
      subject: { digest: image.layers[1]!.digest },
    })
    expect(await puller.images()).toEqual([])
  })

  it('ask for no layer where all of them are here already, under whatever name (S2-43, S2-63)', async () => {
    const registry = await bench.registry()
    const image = imageOf(['base', 'top'])
    await putImage(registry, 'team/app', '1', image)
    await putImage(registry, 'other/copy', '2', imageOf(['base', 'top'], { config: { author: 'another' } }))
    const puller = await bench.puller()
    await puller.pull(`${registry.host}/team/app:1`, wanted).done
    const before = registry.requests.length
    const pull = puller.pull(`${registry.host}/other/copy:2`, wanted)
    const told: string[] = []
    pull.events.subscribe((event) => event.type === 'layer' && told.push(`${event.status} ${event.digest}`))
    const { layers } = await pull.done
    expect(asked(registry, before)).toEqual(['manifest 2', expect.stringMatching(/^blob /)])
    // Each is looked for by itself: which is found first is nobody's promise.
    expect(told.sort()).toEqual(image.layers.map(({ digest }) => `exists ${digest}`).sort())
    expect(layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest))
  })
})

describe('what a pull holds', () => {
  const bench = new Workbench()
  const image = imageOf(['base', 'top'])
  const [base, top] = image.layers

  /** A second puller on the same store brings the image at once: nothing is locked, and nothing odd is there. */
  async function nothingIsHeld(store: string, name: string): Promise<void> {
    expect(await stagedIn(store)).toEqual([])
    const locks = (await readdir(join(store, 'partial'), { recursive: true })).filter((path) =>
      path.endsWith('.lock'),
    )
    expect(locks).toEqual([])
    const other = await bench.puller({ store })
    expect((await other.pull(name, wanted).done).layers).toHaveLength(2)
  }

  it('is let go of when it is done (S0-73, S2-62)', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pull = puller.pull(name, wanted)
    await pull.done
    await pull.closed()
    await nothingIsHeld(puller.store, name)
  })

  it('is let go of when it fails (S0-73, S2-62)', async () => {
    const registry = await bench.registry({ faults: [faults.stall(10, { reference: base!.digest })] })
    let refused = false
    registry.hook(async ({ reference }) => {
      if (reference !== top!.digest || refused) return undefined
      // Not before the other one is on its way.
      while (!registry.appliedFaults.includes('stall')) await pause(5)
      refused = true
      return problem(404, 'BLOB_UNKNOWN', 'no such layer')
    })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pull = puller.pull(name, wanted)
    await expect(pull.done).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    await pull.closed()
    await nothingIsHeld(puller.store, name)
  })

  it('is let go of when it is cancelled, and the cancelling is what is reported (S0-73, S2-62, S2-64)', async () => {
    const registry = await bench.registry({
      faults: [faults.stall(10, { reference: base!.digest }), faults.stall(10, { reference: top!.digest })],
    })
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller()
    const name = `${registry.host}/team/app:1`
    const pull = puller.pull(name, wanted)
    pull.events.subscribe((event) => {
      if (event.type === 'layer' && event.current > 0) pull.cancel()
    })
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
    await pull.closed()
    registry.clearFaults() // the cancelling may have come before the second of them was asked for
    await nothingIsHeld(puller.store, name)
  })
})
