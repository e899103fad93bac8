import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type Descriptor, digestOf } from '../../../../lib/image/index.js'
import { type CopiedBlobs, putManifests } from '../../../../lib/stages/index.js'
import { ticks } from '../../../support/flow-lines.js'
import { InterruptedWork } from '../../../support/interrupted-work.js'
import { runStage } from '../../../support/run-stage.js'

const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }

const nodeOf = (text: string, height: number) => {
  const bytes = Buffer.from(text)
  const descriptor: Descriptor = {
    mediaType: 'application/json',
    digest: digestOf(bytes),
    size: bytes.length,
  }
  return { descriptor, bytes, blobs: [], foreign: [], height }
}

describe('the manifests of a copy', () => {
  async function put(manifests: readonly ReturnType<typeof nodeOf>[], slots?: number) {
    const written: string[] = []
    let [running, most] = [0, 0]
    const putManifest = async (bytes: Buffer, descriptor: Descriptor, options: object): Promise<void> => {
      most = Math.max(most, ++running)
      await ticks(3)
      running--
      expect(descriptor.digest).toBe(digestOf(bytes))
      expect(options).not.toHaveProperty('tag')
      written.push(bytes.toString())
    }
    const plan = { manifests, root: nodeOf('root', 9), target: { sink: { putManifest } } } as unknown
    const { outputs } = await runStage(putManifests({ retry, ...(slots && { slots }) }), plan as CopiedBlobs)
    expect(outputs).toEqual([plan])
    return { written, most }
  }

  it('are written after those that they refer to, without the root', async () => {
    const nodes = [nodeOf('outer', 2), nodeOf('a', 0), nodeOf('inner', 1), nodeOf('b', 0)]
    expect((await put(nodes)).written).toEqual(['a', 'b', 'inner', 'outer'])
    expect((await put([nodeOf('index of images that are there', 3)])).written).toHaveLength(1)
    expect((await put([])).written).toEqual([])
  })

  it.each([
    [undefined, 4],
    [2, 2],
  ])('are written a few at a time: slots %s, at most %i', async (slots, limit) => {
    const nodes = Array.from({ length: 6 }, (_, at) => nodeOf(String(at), 0))
    expect((await put(nodes, slots)).most).toBe(limit)
  })

  it('are written again after a failure that may pass, and not after others', async () => {
    const error = (retryable: boolean) => new WindlassError('NETWORK', 'The connection broke', { retryable })
    const putManifest = vi.fn().mockRejectedValueOnce(error(true)).mockResolvedValue(undefined)
    const plan = { manifests: [nodeOf('a', 0)], target: { sink: { putManifest } } } as unknown as CopiedBlobs
    const stage = putManifests({ retry: { ...retry, attempts: 2 } })
    await runStage(stage, plan)
    expect(putManifest).toHaveBeenCalledTimes(2)
    expect(putManifest).toHaveBeenCalledWith(Buffer.from('a'), plan.manifests[0]!.descriptor, {
      signal: expect.any(AbortSignal) as AbortSignal,
    })
    putManifest.mockRejectedValueOnce(error(false))
    await expect(runStage(stage, plan)).rejects.toThrow('The connection broke')
  })

  it('are written again after a pause, without a retry', async () => {
    const { control, run } = new InterruptedWork()
    const putManifest = vi.fn((_: Buffer, __: Descriptor, request: object) => run(request))
    const plan = { manifests: [nodeOf('a', 0)], target: { sink: { putManifest } }, control } as unknown
    await runStage(putManifests({ retry }), plan as CopiedBlobs)
    expect(putManifest).toHaveBeenCalledTimes(2)
  })
})
