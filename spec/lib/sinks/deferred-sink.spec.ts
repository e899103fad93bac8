import { describe, expect, it } from 'vitest'
import type { SinkRequest } from '../../../lib/image/index.js'
import { DeferredSink, type RegistryTarget } from '../../../lib/sinks/index.js'
import { blobOf, opening } from '../../support/with-target.js'

const bytes = Buffer.from('x')
const blob = blobOf(bytes)
const name = { host: 'registry.example', repository: 'team/app' }

/** A sink whose target records its calls, and how often it was opened. */
function setting({ failures = 0 } = {}) {
  const calls: unknown[][] = []
  const opened: SinkRequest[] = []
  const recording = new Proxy({} as RegistryTarget, {
    get: (_, method) =>
      // A promise that resolves with an object looks for this method.
      method === 'then'
        ? undefined
        : (...parameters: unknown[]) => {
            calls.push([method, ...parameters])
            return Promise.resolve(`answer to ${String(method)}`)
          },
  })
  const sink = new DeferredSink(name, (request) => {
    opened.push(request)
    return opened.length > failures ? Promise.resolve(recording) : Promise.reject(new Error('not yet'))
  })
  return { sink, calls, opened }
}

describe('a sink that is opened at its first use', () => {
  it('has a name before, and opens nothing', () => {
    const { sink, opened } = setting()
    expect(sink).toMatchObject(name)
    expect(opened).toEqual([])
  })

  it('passes each call on, and returns what the target returns', async () => {
    const { sink, calls } = setting()
    const request = { signal: new AbortController().signal }
    const open = opening(bytes)
    expect([
      await sink.identity(request),
      await sink.hasBlob(blob, request),
      await sink.hasImage(blob, request),
      await sink.resolve('1', request),
      await sink.mount(blob, 'team/base', request),
    ]).toEqual(calls.map(([method]) => `answer to ${String(method)}`))
    await sink.putBlob(blob, open, request)
    await sink.putManifest(bytes, blob, { ...request, tag: '1' })
    await sink.putReferrer(bytes, blob, blob.digest, request)
    expect(calls).toEqual([
      ['identity', request],
      ['hasBlob', blob, request],
      ['hasImage', blob, request],
      ['resolve', '1', request],
      ['mount', blob, 'team/base', request],
      ['putBlob', blob, open, request],
      ['putManifest', bytes, blob, { ...request, tag: '1' }],
      ['putReferrer', bytes, blob, blob.digest, request],
    ])
  })

  it('is opened once, with the first request, also for uses at the same time', async () => {
    const { sink, opened } = setting()
    const request = { signal: new AbortController().signal }
    await Promise.all([sink.hasBlob(blob, request), sink.hasBlob(blob), sink.identity()])
    expect(opened).toEqual([request])
  })

  it('is opened again after a failure', async () => {
    const { sink, opened } = setting({ failures: 1 })
    await expect(sink.identity()).rejects.toThrow('not yet')
    expect(await sink.identity()).toBe('answer to identity')
    expect(opened).toHaveLength(2)
  })

  it('passes the tags and their removal on, page by page', async () => {
    const calls: unknown[] = []
    async function* pages<T>(...all: readonly T[]): AsyncGenerator<T> {
      yield* await Promise.resolve(all)
    }
    const target = {
      tags: (...parameters: unknown[]) => {
        calls.push(parameters)
        return pages(['1', '2'], ['3'])
      },
      removeTags: (...parameters: unknown[]) => {
        calls.push(parameters)
        return pages({ tag: '1' })
      },
    }
    const sink = new DeferredSink(name, () => Promise.resolve(target as unknown as RegistryTarget))
    const request = { signal: new AbortController().signal }
    const listed: unknown[] = []
    for await (const page of sink.tags(request)) listed.push(page)
    for await (const removal of sink.removeTags(['1'], request)) listed.push(removal)
    expect(listed).toEqual([['1', '2'], ['3'], { tag: '1' }])
    expect(calls).toEqual([[request], [['1'], request]])
  })
})
