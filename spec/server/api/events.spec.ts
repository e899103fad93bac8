import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { watchHandler } from '../../../server/api/events.js'
import { failure } from '../../../server/api/failure.js'
import { Feed } from '../../../server/feed/feed.js'
import type { StoreJobs } from '../../../server/jobs/store-jobs.js'
import type { PullBook } from '../../../server/pulls/pull-book.js'

const routes = ({ feed = new Feed('run'), signal = new AbortController().signal } = {}) => {
  const watch = watchHandler({
    feed,
    book: {
      get: (pull: string) => {
        if (pull !== 'known') throw new WindlassError('PULL_UNKNOWN', `This server has no pull ${pull}`)
      },
      state: (tasks: unknown, pull = 'all') => JSON.stringify({ tasks, pull }),
    } as unknown as PullBook,
    jobs: { records: ['task'] } as unknown as StoreJobs,
    signal,
  })
  return new Hono()
    .onError((error, context) => failure(context, error))
    .get('/', (context) =>
      watch({ params: {}, query: { pull: context.req.query('pull') }, body: undefined, context }),
    )
}
const textOf = async ({ body }: Response): Promise<string> => {
  const reader = body!.getReader()
  const { value } = (await reader.read()) as { value?: Uint8Array }
  await reader.cancel()
  return Buffer.from(value ?? []).toString()
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

  it('begins with the state and the tasks, of all pulls or of one that is listed', async () => {
    const events = routes()
    expect(await textOf(await events.request('/'))).toContain('{"tasks":["task"],"pull":"all"}')
    expect(await textOf(await events.request('/?pull=known'))).toContain('"pull":"known"')
    const { status } = await events.request('/?pull=other')
    expect(status).toBe(404)
  })

  it('goes on after the last message that a watcher knows', async () => {
    const feed = new Feed('run')
    for (const at of [1, 2]) feed.append({ type: 'images', at })
    const response = await routes({ feed }).request('/', { headers: { 'last-event-id': 'run-1' } })
    expect(await textOf(response)).toBe('id: run-2\ndata: {"type":"images","at":2}\n\n')
  })

  it('is neither stored nor buffered on its way', async () => {
    const { headers, body } = await routes().request('/')
    expect([headers.get('cache-control'), headers.get('x-accel-buffering')]).toEqual(['no-store', 'no'])
    await body!.cancel()
  })

  it('lets many watchers listen to the end of the server without a warning of Node', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    const events = routes()
    const open = []
    for (let nth = 0; nth < 20; nth++) open.push(await events.request('/'))
    for (const { body } of open) await body!.cancel()
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('a watcher that takes nothing for two minutes', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('loses its connection, and makes place for another', async () => {
    const feed = new Feed('run')
    const destroy = vi.fn()
    const { body } = await routes({ feed }).request('/', {}, { outgoing: { destroy } })
    const reader = body!.getReader()
    await reader.read()
    expect(feed.watchers).toBe(1)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(destroy).toHaveBeenCalledOnce()
    expect(feed.watchers).toBe(0)
  })
})
