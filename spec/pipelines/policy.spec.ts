import { describe, expect, it } from 'vitest'
import { compose } from '../../lib/flow/index.js'
import { type PlannedImage, pullStage } from '../../lib/stages/index.js'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import type { PullStages } from '../../pipelines/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { putSchema1, repository } from '../../testbench/registries/schema1-registry.js'
import { Workbench, asked, blobsIn, imageOf } from '../support/workbench.js'

const bench = new Workbench()

/** Refuses images whose config lacks the label `reviewed`. */
const reviewedOnly = pullStage(
  async (image: PlannedImage) => {
    const { config } = await image.config.value
    if (config.config?.Labels?.['reviewed'] === undefined) throw new Error('not reviewed')
    return image
  },
  { name: 'reviewed-only' },
)

const withPolicy = { stages: (bound: PullStages) => ({ onImage: compose(bound.onImage, reviewedOnly) }) }

async function served(image = imageOf(['base', 'top'])) {
  const registry = await bench.registry()
  await putImage(registry, 'team/app', '1', image)
  return { registry, image, name: `${registry.host}/team/app:1` }
}

describe('onImage', () => {
  it('can refuse an image by its config before any layer is requested', async () => {
    const { registry, image, name } = await served()
    const puller = await bench.puller()
    const pull = puller.pull(name, withPolicy)
    await expect(pull.done).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: 'The stage "reviewed-only" failed: not reviewed',
    })
    await pull.closed()
    expect(asked(registry)).toEqual(['manifest 1', `blob ${image.config.digest}`])
    expect(await blobsIn(puller.store)).toEqual([])
  })

  it('passes on an accepted image, with and without unpacking', async () => {
    const image = buildImage({
      layers: [{ entries: [{ path: 'a' }] }],
      config: { config: { Labels: { reviewed: 'yes' } } },
    })
    const { name } = await served(image)
    for (const unpack of [true, false]) {
      const puller = await bench.puller()
      expect((await puller.pull(name, { ...withPolicy, unpack }).done).layers).toHaveLength(1)
    }
  })

  it('is not called if the config cannot be fetched; the pull fails with that error', async () => {
    const { registry, image, name } = await served()
    registry.addFault(faults.status(403, { reference: image.config.digest, times: Infinity }))
    const puller = await bench.puller()
    const pull = puller.pull(name, withPolicy)
    await expect(pull.done).rejects.toMatchObject({ code: 'DENIED' })
    await pull.closed({ within: 5000 })
  })

  it('a stage that awaits the config too early fails, and the error suggests onImage', async () => {
    const { name } = await served()
    const puller = await bench.puller()
    const pull = puller.pull(name, {
      stages: (bound) => ({ plan: compose(bound.plan, reviewedOnly) }),
    })
    await expect(pull.done).rejects.toThrow(
      'the config of the image: awaited before a stage produces it. Await it in a stage after `fetchConfig`, for ' +
        'example in `onImage`.',
    )
  })

  it('a stage that awaits the config of a schema 1 image before its layers are fetched fails', async () => {
    const registry = await bench.registry()
    putSchema1(registry)
    const puller = await bench.puller()
    await expect(puller.pull(`${registry.host}/${repository}`, withPolicy).done).rejects.toThrow(
      '`convertSchema1` makes it',
    )
  })
})
