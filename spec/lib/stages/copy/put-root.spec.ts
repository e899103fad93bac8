import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type ImageSink, digestOf } from '../../../../lib/image/index.js'
import {
  type BlobOutcome,
  type CopiedBlobs,
  type CopiedImage,
  putRoot,
} from '../../../../lib/stages/index.js'

import { runStage } from '../../../support/run-stage.js'

const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }

const nodeOf = (text: string, height: number) => {
  const bytes = Buffer.from(text)
  const descriptor = { mediaType: 'application/json', digest: digestOf(bytes), size: bytes.length }
  return { descriptor, bytes, blobs: [], foreign: [], height }
}

interface Copy {
  /** Whether the target has `hasImage`. */
  readonly lists: boolean
  readonly wasTagged?: boolean
  readonly outcomes?: readonly BlobOutcome[]
  /** Height of a manifest that the target is not known to have. */
  readonly manifest?: number
  readonly tag?: string | undefined
}

/** Runs the stage, and returns its result with the calls of the target. */
async function put({ lists, wasTagged = true, outcomes = ['exists'], manifest, ...rest }: Copy) {
  const calls: string[] = []
  const sink = {
    host: 'target',
    putManifest: async (bytes: Buffer, _: unknown, { tag, root }: { tag?: string; root?: boolean }) =>
      void calls.push(`${bytes.toString()} ${tag ?? '-'} ${String(root)}`),
    finish: async () => void calls.push('finish'),
    ...(lists && { hasImage: async () => true }),
  } as unknown as ImageSink
  const tag = 'tag' in rest ? rest.tag : '1'
  const plan: CopiedBlobs = {
    ...{ from: 'source/app:1', source: {} as never, target: { name: 'target/app:1', sink, tag } },
    ...{ root: nodeOf('root', 1), blobs: [], wasTagged },
    manifests: manifest === undefined ? [] : [nodeOf('child', manifest)],
    copied: outcomes.map((outcome, at) => ({
      ...{ descriptor: nodeOf('x'.repeat(10 ** at), 0).descriptor, outcome },
    })),
  }
  const { outputs, events } = await runStage(putRoot({ retry }), plan)
  const image: CopiedImage = outputs[0]!
  return { image, calls, events }
}

describe('the root of a copy', () => {
  it('is not written if the target had everything under the tag', async () => {
    const { image, calls } = await put({ lists: true })
    expect(image.status).toBe('up-to-date')
    expect(calls).toEqual(['finish'])
  })

  it('is written to a target that may have a tag without the manifest, also if all blobs exist', async () => {
    const { image, calls } = await put({ lists: false, manifest: 0 })
    expect(image.status).toBe('up-to-date')
    expect(calls).toEqual(['root 1 true', 'finish'])
  })

  it.each<[string, Copy]>([
    ['the tag referred to something else', { lists: true, wasTagged: false }],
    ['an image of it is missing', { lists: true, manifest: 0 }],
    ['a blob was sent', { lists: true, outcomes: ['exists', 'copied'] }],
    ['a blob was mounted', { lists: true, outcomes: ['mounted'] }],
    ['a blob was sent to a target that lists no images', { lists: false, outcomes: ['copied'] }],
  ])('is written, and the copy is newer, if %s', async (_, copy) => {
    const { image, calls } = await put(copy)
    expect(image.status).toBe('newer')
    expect(calls).toEqual(['root 1 true', 'finish'])
  })

  it('is up to date if only an index in it was written again', async () => {
    expect((await put({ lists: true, manifest: 1 })).image.status).toBe('up-to-date')
  })

  it('is written without a tag if the copy has none', async () => {
    expect((await put({ lists: true, wasTagged: false, tag: undefined })).calls[0]).toBe('root - true')
  })

  it('is reported with the bytes and blobs of each outcome', async () => {
    const { image, events } = await put({ lists: true, outcomes: ['exists', 'copied', 'mounted', 'copied'] })
    expect(image).toMatchObject({
      bytes: { total: 1_111, copied: 1_010 },
      blobs: { copied: 2, mounted: 1, exists: 1 },
    })
    expect(image).not.toHaveProperty('referrers')
    expect(events).toContainEqual({ type: 'copied', ...image })
  })

  it('is written again after a failure that may pass, also to a target without a last step', async () => {
    const error = (retryable: boolean) => new WindlassError('NETWORK', 'The connection broke', { retryable })
    const putManifest = vi.fn().mockRejectedValueOnce(error(true)).mockResolvedValue(undefined)
    const target = { name: 'target/app:1', sink: { putManifest }, tag: '1' }
    const root = nodeOf('root', 0)
    const plan = { root, target, wasTagged: false, manifests: [], copied: [], referrers: [{}, {}] }
    const stage = putRoot({ retry: { ...retry, attempts: 2 } })
    const { outputs } = await runStage(stage, plan as never)
    expect(outputs).toEqual([expect.objectContaining({ name: 'target/app:1', referrers: 2 })])
    expect(putManifest.mock.calls).toEqual(
      Array(2).fill([
        root.bytes,
        root.descriptor,
        { root: true, tag: '1', signal: expect.any(AbortSignal) as AbortSignal },
      ]),
    )
    putManifest.mockRejectedValueOnce(error(false))
    await expect(runStage(stage, plan as never)).rejects.toThrow('The connection broke')
  })
})
