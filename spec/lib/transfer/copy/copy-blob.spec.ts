import { Readable } from 'node:stream'
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type FlowEvent, Scope } from '../../../../lib/flow/index.js'
import {
  type BlobRequest,
  type ImageSink,
  type ImageSource,
  type RequestReport,
  digestOf,
} from '../../../../lib/image/index.js'
import { BlobCopies } from '../../../../lib/stages/index.js'

const content = Buffer.from('the content')
const descriptor = {
  ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(content), size: content.length },
}

/** Copies a blob whose source states `size`, to a target that stops after the first byte or reads everything. */
async function copyOf({
  size,
  stopsEarly = false,
}: {
  readonly size: number
  readonly stopsEarly?: boolean
}) {
  const stream = Readable.from([content], { objectMode: false })
  const source: Partial<ImageSource> = {
    host: 'source',
    blob: () => Promise.resolve({ stream, offset: 0, size, host: 'source', validator: undefined }),
  }
  const sink: Partial<ImageSink> = {
    host: 'target',
    hasBlob: () => Promise.resolve(false),
    putBlob: async (_, open) => {
      const body = await open()
      if (stopsEarly) body.destroy()
      else await body.toArray()
    },
  }
  const scope = new Scope()
  const copies = new BlobCopies({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } }, scope)
  const task = { descriptor, source: source as ImageSource, sink: sink as ImageSink }
  const outcome = await lastValueFrom(copies.copy(task, scope)).then(
    (copied) => copied.outcome,
    (error: unknown) => (error as { readonly code: string }).code,
  )
  await scope.close()
  return { outcome, stream }
}

describe('the copy of a blob', () => {
  it.each([
    ['of which the source states another size', { size: content.length + 1 }, 'SIZE_MISMATCH'],
    ['of which the target needs only a part', { size: content.length, stopsEarly: true }, 'copied'],
    ['that is complete', { size: content.length }, 'copied'],
  ])('%s leaves no open request at the source', async (_, how, expected) => {
    const { outcome, stream } = await copyOf(how)
    expect(outcome).toBe(expected)
    await expect.poll(() => stream.destroyed).toBe(true)
  })

  it.each([
    ['another repository of the same registry', 'registry.example', 'other/app', ['other/app']],
    ['the same repository', 'registry.example', 'team/app', []],
    ['another registry', 'another.example', 'other/app', []],
  ])('is mounted only from a repository of its own registry: %s', async (_, host, repository, mounts) => {
    const asked: string[] = []
    const source = {
      ...{ host, repository },
      blob: () => {
        const stream = Readable.from([content], { objectMode: false })
        return Promise.resolve({ stream, offset: 0, size: content.length, host, validator: undefined })
      },
    } as unknown as ImageSource
    const sink = {
      ...{ host: 'Registry.example', repository: 'team/app' },
      hasBlob: () => Promise.resolve(false),
      mount: (_blob: unknown, from: string) => Promise.resolve(asked.push(from) > 0),
      putBlob: async (_blob: unknown, open: () => Promise<Readable>) => {
        await (await open()).toArray()
      },
    } as unknown as ImageSink
    const scope = new Scope()
    const { outcome } = await lastValueFrom(
      new BlobCopies({}, scope).copy({ descriptor, source, sink }, scope),
    )
    await scope.close()
    expect([outcome, asked]).toEqual([mounts.length > 0 ? 'mounted' : 'copied', mounts])
  })

  it('passes the signal of the copy on to both sides, and reports the requests for the blob', async () => {
    const events: FlowEvent[] = []
    const scope = new Scope()
    scope.events.subscribe((event) => events.push(event))
    const signals: unknown[] = []
    const source = {
      ...{ host: 'registry.example', repository: 'other/app' },
      blob: (_: unknown, { signal, onRequest }: BlobRequest) => {
        signals.push(signal)
        onRequest?.({ method: 'GET' } as unknown as RequestReport)
        const stream = Readable.from([content], { objectMode: false })
        return Promise.resolve({ stream, offset: 0, size: content.length, host: 'h', validator: undefined })
      },
    } as unknown as ImageSource
    const sink = {
      ...{ host: 'registry.example', repository: 'team/app' },
      hasBlob: (_: unknown, { signal }: BlobRequest) => Promise.resolve(signals.push(signal) === 0),
      mount: (_: unknown, _from: string, { signal }: BlobRequest) =>
        Promise.resolve(signals.push(signal) === 0),
      putBlob: async (_: unknown, open: () => Promise<Readable>, { signal }: BlobRequest) => {
        signals.push(signal)
        await (await open()).toArray()
      },
    } as unknown as ImageSink
    await lastValueFrom(new BlobCopies({}, scope).copy({ descriptor, source, sink }, scope))
    await scope.close()
    expect(signals).toHaveLength(4)
    for (const signal of signals) expect(signal).toBeInstanceOf(AbortSignal)
    expect(events).toContainEqual({ type: 'request', method: 'GET', digest: descriptor.digest })
  })

  it('reports a retry with its reason before it waits, and that it begins again', async () => {
    const events: FlowEvent[] = []
    const scope = new Scope()
    scope.events.subscribe((event) => events.push(event))
    let attempts = 0
    const source = {
      host: 'source',
      blob: () => {
        const stream = Readable.from([content], { objectMode: false })
        return Promise.resolve({
          stream,
          offset: 0,
          size: content.length,
          host: 'source',
          validator: undefined,
        })
      },
    } as unknown as ImageSource
    const sink = {
      host: 'target',
      hasBlob: () => Promise.resolve(false),
      putBlob: async (_blob: unknown, open: () => Promise<Readable>) => {
        await (await open()).toArray()
        if (++attempts === 1) throw new WindlassError('NETWORK', 'the line broke')
      },
    } as unknown as ImageSink
    const copies = new BlobCopies({ retry: { attempts: 2, delay: 20, longestRetryAfter: 0 } }, scope)
    await lastValueFrom(copies.copy({ descriptor, source, sink }, scope))
    await scope.close()
    expect(attempts).toBe(2)
    const told = events.filter(({ type }) => type === 'layer')
    expect(told.find(({ status }) => status === 'retrying')).toMatchObject({
      ...{ reason: 'the line broke', attempt: 2, total: content.length },
    })
    const statuses = told.map(({ status }) => status)
    expect(statuses.indexOf('restart')).toBeGreaterThan(statuses.indexOf('retrying'))
    expect(told.at(-1)).toMatchObject({ status: 'copied', current: content.length })
  })
})
