import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import type { PlannedImage } from '../../../../lib/stages/elements.js'
import { eachLayer } from '../../../../lib/stages/layers/each-layer.js'
import type { EnsuredLayer, LayerTask } from '../../../../lib/transfer/index.js'

const [a, b] = ['a', 'b'].map((text) => digestOf(Buffer.from(text))) as [Digest, Digest]

/** Returns the expected diffIDs of the layers of an image whose first and third layer are the same. */
async function expected(diffIDs: readonly Digest[]): Promise<unknown> {
  const layer = (text: string, positions: readonly number[]) => ({
    ...{ descriptor: { digest: digestOf(Buffer.from(text)), size: 1 }, positions },
    ...{ action: 'download', offset: 0 },
  })
  const image = {
    layers: [layer('twice', [0, 2]), layer('once', [1])],
    document: { kind: 'image' },
    request: { name: 'app', source: {} },
    config: { value: Promise.resolve({ diffIDs }) },
  } as unknown as PlannedImage
  const line = stage(async (task: LayerTask): Promise<EnsuredLayer> => ({
    task,
    stored: (await task.diffID) as never,
    blobPath: undefined,
  }))
  const scope = new Scope()
  try {
    const whole = await lastValueFrom(Flow.of(image).pipe(eachLayer(line)).toObservable(scope))
    return whole.ensured.map(({ stored }) => stored)
  } finally {
    await scope.close()
  }
}

describe('a layer that occurs more than once in an image', () => {
  it('has the diffID that the config states at all its positions', async () => {
    expect(await expected([a, b, a])).toEqual([a, b])
  })

  it('is rejected if the config states different diffIDs, or too few', async () => {
    for (const diffIDs of [[a, b, b], [a, b], []])
      await expect(expected(diffIDs)).rejects.toMatchObject({ code: 'ROOTFS_MISMATCH' })
  })
})
