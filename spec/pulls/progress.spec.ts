/** Layers that come in many pieces: how long one goes on, and with what it ends. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { type Fault, faults } from '../../lib/testing/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { Workbench } from '../support/workbench.js'
import { blobRequests, eventsOf, largeImage, layerEvents, rangesOf, wanted } from '../support/watching.js'

const size = 1_000_000

describe('a layer that comes in pieces', () => {
  const bench = new Workbench()

  async function scene(fault: (digest: string) => Fault, options: OpenOptions = {}) {
    const registry = await bench.registry()
    const image = largeImage(size)
    await putImage(registry, 'team/app', '1', image)
    const { digest } = image.layers[0]!
    registry.addFault(fault(digest))
    const puller = await bench.puller({ retries: 2, ...options })
    return { registry, digest, pull: puller.pull(`${registry.host}/team/app:1`, wanted) }
  }

  it('is brought, in more attempts than are made where nothing comes', async () => {
    const { registry, digest, pull } = await scene((reference) =>
      faults.truncate(100_000, { reference, times: Infinity }),
    )
    const events = eventsOf(pull)
    await pull.done
    expect(rangesOf(registry, digest)).toHaveLength(11)
    const delays = layerEvents(events).flatMap(({ retryIn, attempt }) =>
      retryIn === undefined ? [] : [[retryIn, attempt]],
    )
    // Each is the first again, so the delays do not grow; their number does.
    expect(delays).toEqual(Array.from({ length: 10 }, (_, at) => [1, at + 2]))
  })

  it('is brought over stalls, too', async () => {
    const { registry, digest, pull } = await scene(
      (reference) => faults.stall(300_000, { reference, times: Infinity }),
      { stallTimeout: 200 },
    )
    await pull.done
    expect(rangesOf(registry, digest)).toHaveLength(4)
  })

  it('is given up where the pieces are too small to count', async () => {
    const { registry, digest, pull } = await scene((reference) =>
      faults.truncate(10_000, { reference, times: Infinity }),
    )
    await expect(pull.done).rejects.toMatchObject({ code: 'NETWORK' })
    expect(blobRequests(registry, digest)).toHaveLength(2)
  })

  it('is given up where each piece is the first one again', async () => {
    const { registry, digest, pull } = await scene(
      (reference) =>
        faults.answer(
          {
            status: 200,
            headers: { 'transfer-encoding': 'chunked' },
            body: Buffer.alloc(200_000),
            breakOff: { after: 100_000, how: 'reset' },
          },
          { reference },
        ),
      { retries: 3 },
    )
    await expect(pull.done).rejects.toMatchObject({ code: 'NETWORK' })
    expect(blobRequests(registry, digest)).toHaveLength(3)
  })

  it('is not asked for again where that was not wanted', async () => {
    const { registry, digest, pull } = await scene(
      (reference) => faults.truncate(100_000, { reference, times: Infinity }),
      { retries: 1 },
    )
    await expect(pull.done).rejects.toMatchObject({ code: 'NETWORK' })
    expect(blobRequests(registry, digest)).toHaveLength(1)
  })
})
