import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { compose, stage } from '../../lib/flow/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

async function pulled(scan: () => unknown) {
  const registry = await bench.registry()
  await putImage(registry, 'team/app', '1', imageOf(['base']))
  const windlass = await bench.puller()
  const mine = stage(
    async (layer: never) => {
      await Promise.resolve()
      scan()
      return layer
    },
    { name: 'scan' },
  )
  const stages = { stages: (bound: { onLayer: never }) => ({ onLayer: compose(bound.onLayer, mine) }) }
  return windlass.pull(`${registry.host}/team/app:1`, stages as never).done
}

describe('an error that a stage throws', () => {
  it('is STAGE_FAILED, with the name of the stage and the error as its cause', async () => {
    const boom = new Error('too old')
    const failed = pulled(() => {
      throw boom
    })
    await expect(failed).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: 'The stage "scan" failed: too old',
      cause: boom,
    })
  })

  it('is passed on unchanged if it is a WindlassError', async () => {
    const own = new WindlassError('DENIED', 'The policy says no')
    await expect(
      pulled(() => {
        throw own
      }),
    ).rejects.toBe(own)
  })
})

describe('stages of a pull', () => {
  it('may be replaced individually', async () => {
    let seen = 0
    const image = await pulled(() => seen++)
    expect([seen, image.layers.length]).toEqual([1, 1])
  })
})
