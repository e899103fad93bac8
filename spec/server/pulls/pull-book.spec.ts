import { tmpdir } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PullEventLog } from '../../../lib/events/index.js'
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
