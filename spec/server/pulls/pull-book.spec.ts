import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PastPull } from '../../../lib/api/shapes.js'
import { WindlassError } from '../../../lib/errors.js'
import { PullEventLog, type PullEventBody } from '../../../lib/events/index.js'
import type { Windlass } from '../../../puller/index.js'
import { Feed } from '../../../server/feed/feed.js'
import { History } from '../../../server/history/history.js'
import { PullBook } from '../../../server/pulls/pull-book.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const noHistory = { interrupted: [], started: () => undefined, ended: () => undefined } as unknown as History

/** A book whose pulls do nothing before the test ends. */
function bookOf(history = noHistory) {
  const feed = new Feed('run')
  const logs: PullEventLog[] = []
  const windlass = {
    limits: { get: () => ({ maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: Infinity }), isAuto: false },
    pull: () => {
      const log = new PullEventLog()
      logs.push(log)
      return { id: log.id, events: log.events, priority: 0 }
    },
  } as unknown as Windlass
  const info = {
    ...{ version: '1', run: 'run', startedAt: 0, store: tmpdir(), platform: 'linux/amd64' },
    ...{ processors: 2, retries: 5, historySize: 10 },
  }
  const book = new PullBook({ windlass, feed, history, info })
  onTestFinished(() => logs.forEach((log) => log.end()))
  return { book, feed, logs }
}

describe('the state that a watcher gets', () => {
  it('is that of all pulls or of the one that it watches, also of several watchers at once', () => {
    const { book } = bookOf()
    const [first, second] = ['a', 'b'].map((image) => book.start({ image }).id)
    const listed = (pull?: string): string[] =>
      (JSON.parse(book.state([], pull)) as { pulls: { id: string }[] }).pulls.map(({ id }) => id)
    expect([listed(), listed(first), listed(second), listed(first), listed()]).toEqual([
      ...[[first, second], [first], [second], [first], [first, second]],
    ])
    expect(() => listed('none')).toThrow(expect.objectContaining({ code: 'PULL_UNKNOWN' }) as Error)
  })

  it('contains everything that was reported before', () => {
    const { book, logs } = bookOf()
    const { id } = book.start({ image: 'a' })
    const events = (): number =>
      (JSON.parse(book.state([], id)) as { pulls: { events: unknown[] }[] }).pulls[0]!.events.length
    expect(events()).toBe(0)
    logs[0]!.emit({ type: 'warning', code: 'x', message: 'y' })
    expect(events()).toBe(1)
  })
})

describe('an interrupted pull', () => {
  const store = temporaryDirectory()

  it('is listed by each next server until it was started again or cleared', async () => {
    const servers = ['first', 'second', 'third', 'fourth']
    const next = (): Promise<History> => History.open(store, servers.shift()!, () => undefined)
    const imagesOf = ({ interrupted }: History): string[] => interrupted.map(({ order }) => order.image)

    const first = await next()
    for (const image of ['a', 'b'])
      first.started({ id: `id of ${image}`, order: { image }, startedAt: image.charCodeAt(0) })
    await first.close()

    const second = await next()
    expect(imagesOf(second)).toEqual(['a', 'b'])
    const again = bookOf(second).book.again('id of a')
    second.ended({ ...again.past, state: 'done' })
    await second.close()

    const third = await next()
    expect(imagesOf(third)).toEqual(['b'])
    bookOf(third).book.clear()
    await third.close()

    const fourth = await next()
    expect(imagesOf(fourth)).toEqual([])
    await fourth.close()
  })
})

describe('the pulls of a server', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A pull that does what the test says. */
  function pullNumber(nth: number, image: string, options: object) {
    const log = new PullEventLog(() => new Date(vi.getMockedSystemTime()!))
    return {
      ...{ id: `${image}-${nth}`, events: log.events, priority: 0, image, options, log },
      pause: vi.fn(() => log.emit({ type: 'paused' })),
      resume: vi.fn(() => log.emit({ type: 'resumed' })),
      cancel: vi.fn((reason: unknown) => log.end(reason)),
      closed: vi.fn(() => Promise.resolve()),
    }
  }

  /** A book of such pulls, with everything that it told its watchers and its history. */
  function watchedBook({ interrupted = [] as readonly PastPull[], limits = {} } = {}) {
    const feed = new Feed('run')
    const said: { type: string; pull?: string | undefined; message: Record<string, unknown> }[] = []
    const append = feed.append.bind(feed)
    vi.spyOn(feed, 'append').mockImplementation((message, pull) => {
      said.push({ type: message.type, pull, message: { ...message } })
      append(message, pull)
    })
    const current = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: Infinity, ...limits }
    const pulls: ReturnType<typeof pullNumber>[] = []
    const windlass = {
      limits: {
        isAuto: false,
        get: () => ({ ...current }),
        set: vi.fn((change: object) => Object.assign(current, change)),
      },
      pull: (image: string, options: object) => {
        const pull = pullNumber(pulls.length + 1, image, options)
        pulls.push(pull)
        pull.log.emit({ type: 'start', reference: image, platform: 'linux/amd64' })
        return pull
      },
    }
    const history = { interrupted, started: vi.fn(), ended: vi.fn(), settle: vi.fn() }
    const info = {
      ...{ version: '1', run: 'run', startedAt: 0, store: tmpdir(), platform: 'linux/amd64' },
      ...{ processors: 2, retries: 5, historySize: 10 },
    }
    const book = new PullBook({ windlass, feed, history, info } as never)
    const messages = (type: string) => said.filter((each) => each.type === type)
    return { book, pulls, said, messages, history, windlass, current }
  }
  const plan: PullEventBody = { type: 'plan', layers: [], bytes: { total: 100, toDownload: 100 } }
  const layer = (current: number) =>
    ({ type: 'layer', digest: 'sha256:a', status: 'downloading', current, total: 100 }) as const

  it('get what was ordered, and options that are not part of the order', () => {
    const { book, pulls, history } = watchedBook()
    const order = { image: 'a', platform: 'linux/arm64', priority: 4, unpack: false, refresh: true }
    const { id } = book.start(order, { credentials: {} })
    expect(pulls[0]).toMatchObject({
      options: { platform: 'linux/arm64', unpack: false, refresh: true, credentials: {} },
      priority: 4,
    })
    expect(history.started.mock.calls).toEqual([[{ id, order, startedAt: Date.now() }]])
    book.start({ image: 'b' })
    expect(pulls[1]!.options).toEqual({})
  })

  it('are told of to their own watchers: each event, each change of state and the end', () => {
    const { book, pulls, said } = watchedBook()
    const { id } = book.start({ image: 'a' })
    pulls[0]!.pause()
    pulls[0]!.resume()
    pulls[0]!.log.end()
    const about = said.filter(({ type }) => type === 'pull')
    expect(about.map(({ message, pull }) => [(message['pull'] as { state: string }).state, pull])).toEqual([
      ['running', id],
      ['paused', id],
      ['running', id],
      ['done', id],
    ])
    expect(said.filter(({ type }) => type === 'event').every(({ pull }) => pull === id)).toBe(true)
    expect(said.at(-1)!.type).toBe('images')
  })

  it('report progress four times a second, only if it has changed', async () => {
    const { book, pulls, messages } = watchedBook()
    book.start({ image: 'a' })
    book.start({ image: 'b' })
    await vi.advanceTimersByTimeAsync(300)
    const before = messages('progress').length
    await vi.advanceTimersByTimeAsync(500)
    expect(messages('progress')).toHaveLength(before)
    pulls[1]!.log.emit(plan)
    await vi.advanceTimersByTimeAsync(250)
    expect(Object.keys(messages('progress').at(-1)!.message['pulls'] as object)).toEqual([pulls[1]!.id])
  })

  it('have timers while they run, and none afterwards', async () => {
    const { book, pulls, messages } = watchedBook()
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
    for (const image of ['a', 'b']) book.start({ image })
    expect(vi.getTimerCount()).toBe(2)
    pulls[0]!.log.end()
    expect(vi.getTimerCount()).toBe(2)
    pulls[1]!.log.end()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
    // The last sample says that nothing is transferred any more.
    await expect
      .poll(() => messages('sample').at(-1)?.message)
      .toMatchObject({ pulls: {}, line: { network: 0 } })
  })

  it('are at most a hundred when they have ended, and the latest stay', () => {
    const { book, pulls, messages } = watchedBook()
    book.start({ image: 'runs' })
    for (let nth = 0; nth < 102; nth++) {
      book.start({ image: `app${nth}` })
      pulls.at(-1)!.log.end()
    }
    expect(book.entries).toHaveLength(101)
    expect(book.entries.slice(0, 2).map(({ order }) => order.image)).toEqual(['runs', 'app2'])
    expect(messages('removed').map(({ message, pull }) => [message['id'], pull])).toEqual([
      ['app0-2', 'app0-2'],
      ['app1-3', 'app1-3'],
    ])
  })

  it('can be changed only while they run; the refusal says what they are', () => {
    const { book, pulls } = watchedBook()
    const { id } = book.start({ image: 'a' })
    book.change(id, { priority: 2 })
    expect(pulls[0]).toMatchObject({ priority: 2 })
    expect([pulls[0]!.pause.mock.calls, pulls[0]!.resume.mock.calls]).toEqual([[], []])
    book.change(id, { paused: true })
    book.change(id, { paused: false })
    expect([pulls[0]!.pause.mock.calls.length, pulls[0]!.resume.mock.calls.length]).toEqual([1, 1])
    expect(() => book.again(id)).toThrow(`The pull ${id} is still running`)
    book.cancel(id)
    expect(pulls[0]!.cancel.mock.calls[0]![0]).toMatchObject({
      code: 'CANCELLED',
      message: 'Cancelled through the server',
    })
    for (const action of [() => book.cancel(id), () => book.retryNow(id)])
      expect(action).toThrow(
        expect.objectContaining({
          code: 'PULL_ENDED',
          message: `The pull ${id} is not running: it is cancelled`,
        }) as Error,
      )
    expect(() => book.change(id, { paused: true })).toThrow('is not running')
  })

  it('try again at once when they are asked to, unless they are paused', () => {
    const { book, pulls } = watchedBook()
    const { id } = book.start({ image: 'a' })
    book.retryNow(id)
    const [{ pause, resume }] = pulls as [(typeof pulls)[number]]
    expect([pause.mock.calls.length, resume.mock.calls.length]).toEqual([1, 1])
    expect(pause.mock.invocationCallOrder[0]).toBeLessThan(resume.mock.invocationCallOrder[0]!)
    book.change(id, { paused: true })
    book.retryNow(id)
    expect(book.get(id).record.state).toBe('paused')
    expect(resume).toHaveBeenCalledTimes(1)
  })

  it('that have ended are started again in their own place in the list', () => {
    const { book, pulls, messages } = watchedBook()
    const { id } = book.start({ image: 'a', platform: 'linux/arm64' })
    pulls[0]!.log.end(new Error('broken'))
    const next = book.again(id)
    expect(next.record).toMatchObject({ resumes: id, order: { image: 'a', platform: 'linux/arm64' } })
    expect(book.entries.map((each) => each.id)).toEqual([next.id])
    expect(messages('removed').map(({ message }) => message['id'])).toEqual([id])
  })

  it('are all cancelled when the server ends, and kept as interrupted; what was cancelled before is not', async () => {
    const { book, pulls, history } = watchedBook()
    for (const image of ['cancelled', 'runs', 'failed']) book.start({ image })
    book.cancel(pulls[0]!.id)
    pulls[1]!.cancel.mockImplementation((reason) => pulls[1]!.log.end(reason))
    pulls[2]!.cancel.mockImplementation(() => pulls[2]!.log.end(new Error('broken')))
    await book.close()
    expect(pulls[1]!.cancel.mock.calls[0]![0]).toMatchObject({ message: 'The server is shutting down' })
    const kept = history.ended.mock.calls.map(([past]) => [
      (past as PastPull).order.image,
      (past as PastPull).state,
    ])
    expect(kept).toEqual([
      ['cancelled', 'cancelled'],
      ['runs', 'interrupted'],
      ['failed', 'failed'],
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keep the server open until they have closed', async () => {
    const { book, pulls } = watchedBook()
    book.start({ image: 'a' })
    let release = (): void => undefined
    pulls[0]!.cancel.mockImplementation(() => undefined)
    pulls[0]!.closed.mockImplementation(() => new Promise<void>((resolve) => (release = resolve)))
    let isClosed = false
    const closing = book.close().then(() => (isClosed = true))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isClosed).toBe(false)
    release()
    await closing
    expect(vi.getTimerCount()).toBe(0)
  })

  it('have samples of their rates, once a second, and watchers get them', async () => {
    const { book, pulls, messages } = watchedBook()
    vi.useRealTimers()
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    const { id } = book.start({ image: 'a' })
    pulls[0]!.log.emit(plan)
    pulls[0]!.log.emit(layer(0))
    vi.advanceTimersByTime(1_000)
    pulls[0]!.log.emit(layer(50))
    vi.advanceTimersByTime(1_000)
    await vi.waitFor(() => expect(messages('sample').at(-1)!.message['pulls']).toHaveProperty([id]))
    expect(book.get(id).watched.samples.length).toBeGreaterThan(0)
    pulls[0]!.log.end()
  })
})

describe('the limits of a server', () => {
  it('have null for no limit on the rate, in both directions, and are told of when they change', () => {
    const { book, feed, windlass } = limitedBook()
    expect(book.limits).toEqual({ maxDownloads: 3, maxUnpacks: 2, isAuto: false, bytesPerSecond: null })
    expect(book.setLimits({ bytesPerSecond: 1_000 }).bytesPerSecond).toBe(1_000)
    expect(book.setLimits({ bytesPerSecond: null, maxUnpacks: 4 })).toMatchObject({ bytesPerSecond: null })
    expect(windlass.limits.set.mock.calls).toEqual([
      [{ bytesPerSecond: 1_000 }],
      [{ bytesPerSecond: Infinity, maxUnpacks: 4 }],
    ])
    book.setLimits({ maxUnpacks: 4 })
    const told = Buffer.from(feed.after(0)!.frames)
      .toString()
      .match(/"type":"limits"/g)
    expect(told).toHaveLength(2)
  })

  it('are not told of if they are refused', () => {
    const { book, feed, windlass } = limitedBook()
    windlass.limits.set.mockImplementation(() => {
      throw new WindlassError('USAGE', 'too low')
    })
    expect(() => book.setLimits({ maxDownloads: 0 })).toThrow('too low')
    expect(feed.head).toBe(0)
  })

  function limitedBook() {
    const feed = new Feed('run')
    const values = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: Infinity }
    const windlass = {
      limits: {
        isAuto: false,
        get: () => ({ ...values }),
        set: vi.fn((change: object) => void Object.assign(values, change)),
      },
    }
    const book = new PullBook({ windlass, feed, history: noHistory, info: { store: tmpdir() } } as never)
    return { book, feed, windlass }
  }
})
