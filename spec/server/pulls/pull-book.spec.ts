import { tmpdir } from 'node:os'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PullEventLog } from '../../../lib/events/index.js'
import type { Windlass } from '../../../puller/index.js'
import { Feed } from '../../../server/feed/feed.js'
import type { History } from '../../../server/history/history.js'
import { PullBook } from '../../../server/pulls/pull-book.js'

/** A book whose pulls do nothing before the test ends. */
function bookOf() {
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
  const history = { interrupted: [], started: () => undefined, ended: () => undefined } as unknown as History
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
