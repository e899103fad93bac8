import { getEventListeners } from 'node:events'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ServerMessage } from '../../../lib/api/messages.js'
import { type ServerState, emptyServerState, reduceServer } from '../../../lib/api/server-state.js'
import { Feed } from '../../../server/feed/feed.js'
import { watchStream } from '../../../server/feed/watch-stream.js'
import { ModelServer } from './model-server.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Time in which watchers are woken. */
const wake = () => vi.advanceTimersByTimeAsync(300)

/** A watcher that reads when it is told to, loses its connection and comes back with the last id. */
class TestWatcher {
  state: ServerState = emptyServerState
  /** Positions of the messages that arrived, in order; a whole state counts as what it contains. */
  readonly positions: { readonly at: number; readonly isState: boolean }[] = []
  states = 0
  #lastId: string | undefined
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #isReading = false

  constructor(
    private readonly server: ModelServer,
    private readonly only?: string,
  ) {}

  /** Takes one chunk, when there is one. `part`: the connection is lost after this share of its bytes. */
  read(part = 1): void {
    this.#reader ??= this.#connect()
    const reader = this.#reader
    if (this.#isReading) return
    this.#isReading = true
    void reader.read().then(({ value = new Uint8Array() }) => {
      if (reader !== this.#reader) return
      this.#isReading = false
      this.#take(Buffer.from(value).subarray(0, Math.ceil(value.length * part)))
      if (part < 1) this.cut()
    })
  }

  /** Loses the connection. */
  cut(): void {
    void this.#reader?.cancel()
    this.#reader = undefined
    this.#isReading = false
  }

  #connect(): ReadableStreamDefaultReader<Uint8Array> {
    const { feed, state } = this.server
    const options = {
      feed,
      state,
      pull: this.only,
      lastId: this.#lastId,
      signal: new AbortController().signal,
    }
    this.#parser = this.#newParser()
    return watchStream({
      ...options,
      onEnd: () => undefined,
    }).getReader()
  }

  #newParser = () =>
    createParser({
      onEvent: ({ id, data }) => {
        const decoded = ServerMessage.decode(JSON.parse(data))
        if (decoded._tag === 'Left') throw new Error(`Not a message: ${data}`)
        const isState = decoded.right.type === 'state'
        this.positions.push({ at: Number(id?.split('-')[1]), isState })
        this.#lastId = id
        this.state = reduceServer(this.state, decoded.right)
      },
    })
  #parser = this.#newParser()

  #take(bytes: Buffer): void {
    this.#parser.feed(new TextDecoder().decode(bytes))
  }
}

/** What all watchers agree on: not the pace, which is measured, and not the time left, which depends on the moment. */
const agreed = ({ server, limits, pulls, samples, tasks }: ServerState) => ({
  ...{ server, limits, samples, tasks },
  pulls: pulls.map(({ record, snapshot, lanes, samples: own }) => ({
    ...{ lanes, own, snapshot: { ...snapshot, pace: undefined, rates: undefined } },
    record: { ...record, progress: { ...record.progress, secondsLeft: null } },
  })),
})

const commands = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('step' as const), choice: fc.nat(10_000) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), watcher: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), watcher: fc.nat(3) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('lose' as const),
        watcher: fc.nat(3),
        part: fc.double({ min: 0, max: 0.99, noNaN: true }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  ),
  { minLength: 20, maxLength: 120 },
)

describe('a watcher', () => {
  it.each(['goes away', 'stalls', 'is not told of its pull any more'])(
    'that %s leaves no listener on the signal of the server',
    async (end) => {
      const { signal } = new AbortController()
      const ended = vi.fn()
      const state = (pull?: string): string => {
        if (pull !== undefined) throw new Error('no such pull')
        return '{}'
      }
      const pull = end === 'is not told of its pull any more' ? 'gone' : undefined
      const options = { feed: new Feed('run'), state, pull, lastId: undefined, signal, onEnd: ended }
      const stream = watchStream(options)
      const reader = stream.getReader()
      await reader.read()
      if (end === 'goes away') await reader.cancel()
      else await vi.advanceTimersByTimeAsync(10 * 60_000)
      expect(ended).toHaveBeenCalledTimes(1)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    },
  )
})

describe('watchers of a feed', () => {
  it('all know what the server knows in the end, without a gap and without a double, however they read and reconnect', async () => {
    let [reconnected, dropped] = [0, 0]
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const server = new ModelServer()
        // The last one watches one pull only.
        const watchers = [undefined, undefined, undefined, 'pull-1'].map(
          (only) => new TestWatcher(server, only),
        )
        for (const command of all) {
          if (command.do === 'step') server.step(command.choice)
          else if (command.do === 'read') watchers[command.watcher]!.read()
          else if (command.do === 'cut') watchers[command.watcher]!.cut()
          else if (command.do === 'lose') watchers[command.watcher]!.read(command.part)
          else await wake()
          await vi.advanceTimersByTimeAsync(0)
        }
        server.report()
        for (const watcher of watchers)
          for (let left = 60; left > 0; left--) {
            watcher.read()
            await wake()
          }
        for (const [index, { positions, state }] of watchers.entries()) {
          const only = index === 3 ? 'pull-1' : undefined
          for (const [nth, { at, isState }] of positions.entries()) {
            const before = positions[nth - 1]?.at ?? 0
            if (isState) expect(at).toBeGreaterThanOrEqual(before)
            else if (only === undefined) expect(at).toBe(before + 1)
            else expect(at).toBeGreaterThan(before)
          }
          expect(agreed(state)).toEqual(agreed(server.known(only)))
          const states = positions.filter(({ isState }) => isState).length
          reconnected += states === 1 && all.some((each) => each.do === 'cut') ? 1 : 0
          dropped += states > 1 ? 1 : 0
        }
      }),
      { numRuns: 60 },
    )
    // Both ways were taken: the log still had what was missed, and it had not.
    expect(reconnected).toBeGreaterThan(5)
    expect(dropped).toBeGreaterThan(5)
  })
})

describe('the stream of a watcher', () => {
  const feed = new Feed('run')
  const options = { feed, pull: undefined, state: () => '{}', lastId: undefined }
  const text = ({ value }: { readonly value?: Uint8Array | undefined }): string =>
    Buffer.from(value ?? []).toString()

  it('begins with the state, and sends a comment when there is nothing for 15 seconds', async () => {
    const body = watchStream({ ...options, signal: new AbortController().signal, onEnd: () => undefined })
    const reader = body.getReader()
    expect(text(await reader.read())).toBe('id: run-0\ndata: {}\n\n')
    const next = reader.read()
    await vi.advanceTimersByTimeAsync(14_999)
    expect(await Promise.race([next, Promise.resolve('waits')])).toBe('waits')
    await vi.advanceTimersByTimeAsync(1)
    expect(text(await next)).toBe(': \n\n')
  })

  it('takes nothing from the feed for a watcher that does not read, and ends after two minutes', async () => {
    const onEnd = vi.fn()
    const onStall = vi.fn()
    const body = watchStream({ ...options, signal: new AbortController().signal, onEnd, onStall })
    const reader = body.getReader()
    await reader.read()
    await vi.advanceTimersByTimeAsync(119_000)
    expect(onEnd).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(onEnd).toHaveBeenCalledTimes(1)
    expect(onStall).toHaveBeenCalledTimes(1)
    expect((await reader.read()).done).toBe(true)
  })

  it('does not end for a watcher that waits for messages for hours', async () => {
    const onStall = vi.fn()
    const body = watchStream({ ...options, signal: new AbortController().signal, onEnd: onStall, onStall })
    const reader = body.getReader()
    for (let quarter = 0; quarter < 50; quarter++) {
      const next = reader.read()
      await vi.advanceTimersByTimeAsync(15_000)
      expect((await next).done).toBe(false)
    }
    expect(onStall).not.toHaveBeenCalled()
  })

  it('ends with the server, and with the watcher, and tells so once', async () => {
    const stop = new AbortController()
    const onEnd = vi.fn()
    const reader = watchStream({ ...options, signal: stop.signal, onEnd }).getReader()
    await reader.read()
    const next = reader.read()
    stop.abort()
    expect((await next).done).toBe(true)
    const other = watchStream({ ...options, signal: new AbortController().signal, onEnd }).getReader()
    await other.read()
    await other.cancel()
    expect(onEnd).toHaveBeenCalledTimes(2)
  })

  it('counts as stalled from the last chunk that was sent, not while it waits for a message', async () => {
    const onEnd = vi.fn()
    const body = watchStream({ ...options, signal: new AbortController().signal, onEnd })
    const reader = body.getReader()
    await reader.read()
    await vi.advanceTimersByTimeAsync(119_000)
    const next = reader.read()
    await vi.advanceTimersByTimeAsync(14_000)
    expect(onEnd).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(text(await next)).toBe(': \n\n')
    await vi.advanceTimersByTimeAsync(119_000)
    expect(onEnd).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(onEnd).toHaveBeenCalledOnce()
  })

  it('is told of once, also if the watcher goes away or the server ends after it has stalled', async () => {
    const stop = new AbortController()
    const onEnd = vi.fn()
    const reader = watchStream({ ...options, signal: stop.signal, onEnd }).getReader()
    await reader.read()
    await vi.advanceTimersByTimeAsync(120_000)
    await reader.cancel()
    stop.abort()
    expect(onEnd).toHaveBeenCalledOnce()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives what was appended before the server ended, and then ends', async () => {
    const stop = new AbortController()
    const own = new Feed('run')
    const body = watchStream({ ...options, feed: own, signal: stop.signal, onEnd: () => undefined })
    const reader = body.getReader()
    await reader.read()
    own.append({ type: 'images', at: 7 })
    stop.abort()
    expect(text(await reader.read())).toContain('"at":7')
    expect((await reader.read()).done).toBe(true)
  })

  it('leaves nothing behind when its wait ends, by a message or by the time', async () => {
    const own = new Feed('run')
    const waits = new Set<() => void>()
    const onNext = own.onNext.bind(own)
    vi.spyOn(own, 'onNext').mockImplementation((wake) => {
      const forget = onNext(wake)
      waits.add(wake)
      return () => {
        waits.delete(wake)
        forget()
      }
    })
    const body = watchStream({
      ...options,
      feed: own,
      signal: new AbortController().signal,
      onEnd: () => undefined,
    })
    const reader = body.getReader()
    await reader.read()
    const atRest = vi.getTimerCount()
    const heartbeat = reader.read()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(text(await heartbeat)).toBe(': \n\n')
    expect([waits.size, vi.getTimerCount()]).toEqual([0, atRest])
    const message = reader.read()
    await vi.advanceTimersByTimeAsync(1)
    own.append({ type: 'images', at: 7 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(text(await message)).toContain('"at":7')
    expect([waits.size, vi.getTimerCount()]).toEqual([0, atRest])
    await reader.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of all pulls fails with the state, which nobody is told otherwise', async () => {
    const state = (): string => {
      throw new Error('the state is broken')
    }
    const body = watchStream({
      ...options,
      state,
      signal: new AbortController().signal,
      onEnd: () => undefined,
    })
    await expect(body.getReader().read()).rejects.toThrow('the state is broken')
  })

  it('of a pull that is not listed any more ends, so that the watcher is told when it comes back', async () => {
    const state = (): string => {
      throw new Error('This server has no such pull')
    }
    const onEnd = vi.fn()
    const body = watchStream({ ...options, pull: 'gone', state, signal: new AbortController().signal, onEnd })
    expect((await body.getReader().read()).done).toBe(true)
    expect(onEnd).toHaveBeenCalledTimes(1)
  })
})
