/** One attempt at a layer after another: what the attempts share, and what is reported between them. */
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import type { Turn, Verdict } from '../../../lib/flow/index.js'
import { DownloadHistory } from '../../../lib/transfer/download-history.js'
import type { BlobPlace } from '../../../lib/transfer/places/blob-place.js'
import { PlaceList } from '../../../lib/transfer/places/place-list.js'
import { RetryCountdown } from '../../../lib/transfer/retry-countdown.js'
import { transfer } from '../../../lib/transfer/transfer.js'
import { arrival } from '../../support/arriving-layer.js'

const bytes = Buffer.alloc(200_000, 'layer ')
const broken = new WindlassError('NETWORK', 'it broke')

/** What a place does at each of its requests: send so many bytes and break, or send the rest. */
const place = (from: string, ...sends: readonly number[]): BlobPlace & { readonly asked: number[] } => {
  const asked: number[] = []
  const fetch: BlobPlace['fetch'] = ({ offset = 0 }) => {
    const most = sends[asked.push(offset) - 1] ?? Infinity
    if (most === 0) return Promise.reject(broken)
    const chunks = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(bytes.subarray(offset, offset + most))
      if (most !== Infinity) throw broken
    }
    const stream = Readable.from(chunks(), { objectMode: false })
    return Promise.resolve({ stream, offset, size: undefined, validator: undefined, host: from })
  }
  return { from, fetch, asked }
}

async function setting(...ranks: readonly (readonly BlobPlace[])[]) {
  const here = await arrival(bytes)
  const [countdown, history, places] = [new RetryCountdown(), new DownloadHistory(), new PlaceList(...ranks)]
  const onStart = vi.fn()
  const task = { layer: here.layer, places, countdown, history, onStart }
  /** Makes an attempt. Returns what it emitted, and its error. */
  const attempt = async (number: number, verdict: Verdict = 'fail', signal = here.turn.signal) => {
    const ended: Promise<unknown>[] = []
    const turn = {
      ...here.turn,
      ...{ attempt: number, signal, defer: (work: () => Promise<unknown>) => void ended.push(work()) },
    } as unknown as Turn
    const emitted: unknown[] = []
    const error: unknown = await new Promise((resolve) => {
      const outcome = transfer(() => verdict)(task, turn) as unknown as {
        subscribe(observer: object): void
      }
      outcome.subscribe({
        next: (layer: unknown) => emitted.push(layer),
        error: resolve,
        complete: () => resolve(undefined),
      })
    })
    await Promise.all(ended)
    return { emitted, error, ended: ended.length }
  }
  const retries = () => here.events.filter(({ status }) => status === 'retrying' || status === 'waiting')
  return { ...here, countdown, history, places, onStart, attempt, retries }
}

describe('an attempt at a layer', () => {
  // Only the countdown: streams use other timers.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it('emits the layer while it arrives, once for all attempts, and the next one goes on from there', async () => {
    const registry = place('registry', 1_000)
    const { layer, attempt, onStart, countdown, history } = await setting([registry])
    const first = await attempt(1, { retry: 3_600_000 })
    expect(first).toEqual({ emitted: [layer], error: broken, ended: 1 })
    expect(await attempt(2)).toEqual({ emitted: [], error: undefined, ended: 1 })
    expect(registry.asked).toEqual([0, 1_000])
    expect(onStart).toHaveBeenCalledTimes(2)
    expect(layer.arriving.file.state.phase).not.toBe('growing')
    expect(history.emitted).toBe(true)
    countdown.stop()
  })

  it('that fails reports when and why the next one begins, which ends the countdown', async () => {
    const { attempt, retries } = await setting([place('registry', 0)])
    await attempt(1, { retry: 5_000 })
    expect(retries()).toMatchObject([
      { status: 'retrying', retryIn: 5_000, reason: 'it broke', attempt: 2, current: 0 },
    ])
    vi.advanceTimersByTime(1_000)
    expect(retries().map(({ retryIn }) => retryIn)).toEqual([5_000, 4_000])
    await attempt(2)
    vi.advanceTimersByTime(3_000)
    expect(retries()).toHaveLength(2)
  })

  it('that is cancelled or fails finally reports no further one', async () => {
    const { attempt, retries, history } = await setting([place('registry', 0, 0)])
    await attempt(1, 'fail')
    await attempt(1, { retry: 5_000 }, AbortSignal.abort())
    expect(retries()).toEqual([])
    expect(history.attemptOverall(1)).toBe(1)
  })

  it('counts on over a pause, also for the places of the next rank', async () => {
    const [registry, url] = [place('registry', 0, 0), place('url', 0)]
    const { attempt, places, history, retries, countdown } = await setting([registry], [url])
    await attempt(1, { retry: 5_000 })
    expect(url.asked).toEqual([])
    countdown.stop()
    const ready = vi.fn()
    history.whenReady().subscribe(ready)
    await new Promise(setImmediate)
    expect(ready).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5_000)
    expect(ready).toHaveBeenCalled()
    await attempt(1, 'fail')
    expect([registry.asked.length, url.asked.length]).toEqual([2, 1])
    expect(places.refusals).toEqual([broken])
    // The second attempt of all is the first at the URL.
    expect(places.attemptHere(2)).toBe(1)
    expect(retries().filter(({ status }) => status === 'retrying')).toMatchObject([{ attempt: 2 }])
  })

  it('with enough progress is the first again', async () => {
    const { attempt, places, countdown } = await setting([place('registry', 1_000, 100_000)])
    await attempt(1, { retry: 3_600_000 })
    expect(places.attemptHere(2)).toBe(2)
    await attempt(2, { retry: 3_600_000 })
    expect(places.attemptHere(2)).toBe(1)
    countdown.stop()
  })
})
