import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope, stage } from '../../../../lib/flow/index.js'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import type { PlannedImage } from '../../../../lib/stages/elements.js'
import { eachLayer } from '../../../../lib/stages/layers/each-layer.js'
import type { EnsuredLayer, LayerTask } from '../../../../lib/transfer/index.js'
import { runStage } from '../../../support/run-stage.js'

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

describe('the layers of an image', () => {
  const layer = (digest: Digest, at: number) => ({
    ...{ descriptor: { digest, size: 1 }, positions: [at], action: 'download', offset: 0 },
  })
  const imageOf = (more: object = {}) =>
    ({
      layers: [layer(a, 0), layer(b, 1)],
      document: { kind: 'image' },
      request: { name: 'app', source: {} },
      config: { value: Promise.resolve({ diffIDs: [a, b] }) },
      ...more,
    }) as unknown as PlannedImage
  const ensure = (task: LayerTask): EnsuredLayer => ({ task, stored: undefined, blobPath: undefined })

  it('share the slots as one group, and have the control of their pull', async () => {
    const request = { name: 'app', source: {}, control: { priority: 1 } }
    const tasks: LayerTask[] = []
    const line = stage(async (task: LayerTask) => {
      tasks.push(task)
      return ensure(task)
    })
    await runStage(eachLayer(line), imageOf({ request }))
    expect(tasks.map(({ group, control }) => [group, control])).toEqual([
      ...[0, 1].map(() => [request, request.control]),
    ])
    expect(tasks[0]!.group).toBe(request)
  })

  it('of schema 1 have no diffID yet', async () => {
    const diffIDs: unknown[] = []
    const line = stage(async (task: LayerTask) => {
      diffIDs.push(task.diffID)
      return ensure(task)
    })
    await runStage(eachLayer(line), imageOf({ document: { kind: 'schema1' } }))
    expect(diffIDs).toEqual([undefined, undefined])
  })

  it.each<[string, (task: LayerTask) => Promise<unknown>, RegExp]>([
    [
      'does not return one of them',
      async (task) => (task.descriptor.digest === a ? ensure(task) : []),
      /sha256:.* did not come/,
    ],
    [
      'returns something else as well',
      async (task) => [ensure(task), { no: 'layer' }],
      /something that is no layer came/,
    ],
    ['returns nothing', async (task) => [ensure(task), undefined], /something that is no layer came/],
  ])('are incomplete if a stage %s', async (_, work, message) => {
    const line = stage(async function* (task: LayerTask) {
      const result = await work(task)
      yield* (Array.isArray(result) ? result : [result]) as EnsuredLayer[]
    })
    await expect(runStage(eachLayer(line), imageOf())).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringMatching(message) as string,
      hint: 'A stage in onLayer has to return each layer that it receives.',
    })
  })

  it('need not be waited for if the config fails: nobody else hears of it', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    try {
      const value = Promise.reject(new Error('no config'))
      await runStage(
        eachLayer(stage(async (task: LayerTask) => ensure(task))),
        imageOf({ config: { value } }),
      )
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', onUnhandled)
    }
  })
})
