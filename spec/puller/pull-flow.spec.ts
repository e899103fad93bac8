/** Which stages of its own a pull accepts. */
import { describe, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../lib/testing/index.js'
import type { PullOptions } from '../../puller/options/options.js'
import { Workbench } from '../support/workbench.js'
import { wanted } from '../support/watching.js'

describe('the stages that a pull replaces', () => {
  const bench = new Workbench()

  async function pullWith(stages: unknown) {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', tinyImage())
    const puller = await bench.puller()
    const options = { ...wanted, stages: stages as NonNullable<PullOptions['stages']> }
    const { done } = puller.pull(`${registry.host}/team/app:1`, options)
    return { done, registry }
  }

  it('are refused if a pull has no stage of that name, before anything is requested', async () => {
    const { done, registry } = await pullWith(() => ({ onImge: (flow: unknown) => flow }))
    await expect(done).rejects.toMatchObject({
      code: 'USAGE',
      message: 'A pull has no stage "onImge"',
      hint: expect.stringContaining('onImage'),
    })
    expect(registry.requests).toEqual([])
  })

  it('are refused if one is not a function', async () => {
    const { done } = await pullWith(() => ({ onImage: undefined }))
    await expect(done).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('may be none', async () => {
    const { done } = await pullWith(() => ({}))
    expect(await done).toMatchObject({ status: 'newer' })
  })
})
