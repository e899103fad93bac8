/** The downloads of all pulls, from sources that answer as prepared. */
import { Readable } from 'node:stream'
import { filter, firstValueFrom, lastValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Scope, WorkControl } from '../../../../lib/flow/index.js'
import type { BlobBody, BlobRequest, Descriptor, ImageSource } from '../../../../lib/image/index.js'
import { Downloads, type DownloadLimits, download } from '../../../../lib/stages/layers/download.js'
import type { Store } from '../../../../lib/store/index.js'
import type { ReceivingLayer } from '../../../../lib/transfer/receive.js'
import { type Arrival, arrival } from '../../../support/arriving-layer.js'
import { runStage } from '../../../support/run-stage.js'

const bytes = Buffer.from('all the bytes of the layer')
const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
const bodyFrom = ({ offset = 0 }: BlobRequest, stream?: Readable): BlobBody => ({
  ...{ offset, size: bytes.length, validator: undefined, host: 'h' },
  stream: stream ?? Readable.from([bytes.subarray(offset)]),
})
const refusal = (status: number) => new WindlassError('REGISTRY_UNAVAILABLE', 'not now', { status })

/** Downloads of which each test makes what it needs; their scope is closed at its end. */
function downloadsOf(limits: Partial<DownloadLimits> = {}): { downloads: Downloads; scope: Scope } {
  const scope = new Scope()
  onTestFinished(() => scope.close())
  return { downloads: new Downloads({ slots: 1, retry, ...limits }, scope), scope }
}

/** A layer from a source whose answers are made by `blob`. */
const layerFrom = (
  blob: (request: BlobRequest) => Promise<BlobBody>,
  more: Partial<ReceivingLayer> = {},
  before = Buffer.alloc(0),
): Promise<Arrival> => {
  const source = {
    host: 'h',
    blob: (_: Descriptor, request: BlobRequest) => blob(request),
  } as unknown as ImageSource
  return arrival(bytes, { before, source }).then((here) => ({ ...here, layer: { ...here.layer, ...more } }))
}

describe('downloads', () => {
  it('report that a registry refuses them for now (429, 503), and no other failure', async () => {
    const refused: number[] = []
    for (const status of [429, 503, 500]) {
      const { downloads } = downloadsOf({ onRefused: () => refused.push(status) })
      const { layer, turn } = await layerFrom(() => Promise.reject(refusal(status)))
      await expect(lastValueFrom(downloads.download(layer, turn.scope))).rejects.toMatchObject({
        subject: { status },
      })
    }
    expect([...new Set(refused)]).toEqual([429, 503])
  })

  it('end after a number of attempts in all, whatever the number for each place', async () => {
    let attempts = 0
    const { downloads } = downloadsOf({ retry: { ...retry, attempts: 50, attemptsInAll: 3 } })
    const { layer, turn } = await layerFrom(() => {
      attempts++
      return Promise.reject(refusal(500))
    })
    await expect(lastValueFrom(downloads.download(layer, turn.scope))).rejects.toMatchObject({
      subject: { status: 500 },
    })
    expect(attempts).toBe(3)
  })

  it('leave no timer behind if they are cancelled before the next attempt', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
    try {
      const { downloads } = downloadsOf({ retry: { attempts: 2, delay: 60_000, longestRetryAfter: 60_000 } })
      const { layer, turn, events } = await layerFrom(() => Promise.reject(refusal(503)))
      const subscription = downloads.download(layer, turn.scope).subscribe()
      while (!events.some(({ status }) => status === 'retrying')) await Promise.resolve()
      await new Promise((resolve) => setImmediate(resolve))
      expect(vi.getTimerCount()).toBeGreaterThan(0)
      subscription.unsubscribe()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('count the bytes that they have received, without those of an earlier download', async () => {
    const { downloads } = downloadsOf()
    const stream = new Readable({ read: () => undefined })
    const before = bytes.subarray(0, 5)
    const { layer, turn, file } = await layerFrom(async (request) => bodyFrom(request, stream), {}, before)
    const done = lastValueFrom(downloads.download(layer, turn.scope))
    expect(downloads.received).toBe(0)
    stream.push(bytes.subarray(5, 8))
    await firstLength(file, 8)
    expect(downloads.received).toBe(3)
    stream.push(bytes.subarray(8))
    stream.push(null)
    await done
    expect(downloads.received).toBe(bytes.length - 5)
    const again = await layerFrom(async (request) => bodyFrom(request))
    await lastValueFrom(downloads.download(again.layer, again.turn.scope))
    expect(downloads.received).toBe(2 * bytes.length - 5)
  })

  it.each([
    [undefined, ['https://two.example', 'https://one.example']],
    ['first-last', ['https://one.example', 'https://two.example']],
    ['only-registry', []],
  ] as const)('try the URLs of a layer in the order that is set: %s', async (foreignUrls, expected) => {
    const asked: string[] = []
    const { downloads } = downloadsOf(foreignUrls && { foreignUrls })
    const missing = () => Promise.reject(new WindlassError('BLOB_UNKNOWN', 'not here'))
    const { layer, turn } = await layerFrom(missing)
    const source = {
      ...{ host: 'h', blob: missing },
      foreignBlob: (url: string) => {
        asked.push(url)
        return missing()
      },
    } as unknown as ImageSource
    const descriptor = { ...layer.descriptor, urls: ['https://one.example', 'https://two.example'] }
    await expect(
      lastValueFrom(downloads.download({ ...layer, descriptor, source }, turn.scope)),
    ).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    expect(asked).toEqual(expected)
  })

  it('report that they wait only if there is no slot', async () => {
    const { downloads } = downloadsOf()
    const stream = new Readable({ read: () => undefined })
    const first = await layerFrom(async (request) => bodyFrom(request, stream))
    const second = await layerFrom(async (request) => bodyFrom(request))
    const both = [first, second].map(({ layer, turn }) =>
      lastValueFrom(downloads.download(layer, turn.scope)),
    )
    const waits = ({ events }: Arrival) => events.filter(({ status }) => status === 'waiting').length
    expect([first, second].map(waits)).toEqual([0, 1])
    expect(downloads.load).toEqual({ active: 1, waiting: 1 })
    stream.push(bytes)
    stream.push(null)
    await Promise.all(both)
    expect([first, second].map(waits)).toEqual([0, 1])
    expect(downloads.load).toEqual({ active: 0, waiting: 0 })
  })

  /** The order in which waiting layers get the only slot, after one that holds it. */
  async function orderOf(waiting: readonly (Partial<ReceivingLayer> & { readonly name: string })[]) {
    const { downloads } = downloadsOf()
    const order: string[] = []
    const stream = new Readable({ read: () => undefined })
    const holder = { group: waiting[0]?.group }
    const first = await layerFrom(async (request) => bodyFrom(request, stream), holder)
    const running = [lastValueFrom(downloads.download(first.layer, first.turn.scope))]
    for (const { name, ...more } of waiting) {
      const { layer, turn } = await layerFrom(async (request) => {
        order.push(name)
        return bodyFrom(request)
      }, more)
      running.push(lastValueFrom(downloads.download(layer, turn.scope)))
    }
    stream.push(bytes)
    stream.push(null)
    await Promise.all(running)
    return order
  }

  it('go to the pull that has the fewest, in the order of their requests', async () => {
    const [one, two] = [{}, {}]
    expect(
      await orderOf([
        { name: 'a', group: one },
        { name: 'b', group: one },
        { name: 'c', group: two },
      ]),
    ).toEqual(['c', 'a', 'b'])
  })

  it('go to the pull of the highest priority first, also if it was raised since', async () => {
    const urgent = new WorkControl()
    const control = new WorkControl()
    control.priority = 1
    const order = orderOf([{ name: 'a' }, { name: 'b', control }, { name: 'c', control: urgent }])
    urgent.priority = 2
    expect(await order).toEqual(['c', 'b', 'a'])
  })
})

describe('the stage that downloads layers', () => {
  it('passes a layer on whose blob is in the store', async () => {
    const { downloads } = downloadsOf()
    const store = { blobs: { has: async () => true, path: () => '/blob' } } as unknown as Store
    const { layer } = await layerFrom(() => Promise.reject(new Error('not requested')))
    const { outputs } = await runStage(download({ store, downloads }), layer as never)
    expect(outputs).toMatchObject([{ path: '/blob', arriving: undefined }])
  })
})

/** Resolves when the file has `length` bytes. */
const firstLength = async ({ states }: Arrival['file'], length: number): Promise<void> => {
  await firstValueFrom(states.pipe(filter((state) => state.length >= length)))
}
