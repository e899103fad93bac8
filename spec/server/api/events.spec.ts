import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { watchHandler } from '../../../server/api/events.js'
import { Feed } from '../../../server/feed/feed.js'
import type { StoreJobs } from '../../../server/jobs/store-jobs.js'
import type { PullBook } from '../../../server/pulls/pull-book.js'

const routes = () => {
  const watch = watchHandler({
    feed: new Feed('run'),
    book: { state: () => '{}' } as unknown as PullBook,
    jobs: { records: [] } as unknown as StoreJobs,
    signal: new AbortController().signal,
  })
  return new Hono().get('/', (context) =>
    watch({ params: {}, query: { pull: undefined }, body: undefined, context }),
  )
}

describe('the stream of messages', () => {
  it('has a bounded number of watchers; those that end make place', async () => {
    const events = routes()
    const open = []
    for (let nth = 0; nth < 1_024; nth++) open.push(await events.request('/'))
    expect(open.every(({ status }) => status === 200)).toBe(true)
    expect((await events.request('/')).status).toBe(503)
    await open[0]!.body!.cancel()
    const again = await events.request('/')
    expect(again.status).toBe(200)
    for (const { body } of [...open.slice(1), again]) await body!.cancel()
  })

  it('counts no watcher for a HEAD, which has no body', async () => {
    const events = routes()
    for (let nth = 0; nth < 1_100; nth++) {
      const { status, headers } = await events.request('/', { method: 'HEAD' })
      expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    }
    const watcher = await events.request('/')
    expect(watcher.status).toBe(200)
    await watcher.body!.cancel()
  })
})
