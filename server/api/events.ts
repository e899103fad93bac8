/** Route of the stream of messages: `/events`. */
import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { watchStream } from '../feed/watch-stream.js'
import type { Feed } from '../feed/feed.js'
import type { PullBook } from '../pulls/pull-book.js'
import type { StoreJobs } from '../jobs/store-jobs.js'
import { failureWith } from './failure.js'

/** Maximum number of watchers. */
const maxWatchers = 1_024

/** What the route needs. */
export interface EventParts {
  readonly feed: Feed
  readonly book: PullBook
  readonly jobs: StoreJobs
  /** Ends the streams. */
  readonly signal: AbortSignal
}

export function eventRoutes({ feed, book, jobs, signal }: EventParts): Hono {
  const routes = new Hono()
  let watchers = 0
  // Each watcher listens. Node warns about more than ten.
  setMaxListeners(0, signal)
  routes.get('/', (context) => {
    const pull = context.req.query('pull')
    if (pull !== undefined) book.get(pull)
    const headers = {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Tells nginx not to buffer the stream.
      'x-accel-buffering': 'no',
    }
    // Hono answers a HEAD with the headers of the GET; a stream that nobody reads would never end.
    if (context.req.method === 'HEAD') return new Response(null, { headers })
    if (watchers >= maxWatchers)
      return failureWith(context, 503, {
        code: 'TOO_MANY_REQUESTS',
        message: `This server has ${maxWatchers} watchers, its maximum`,
      })
    watchers++
    const body = watchStream({
      ...{ feed, pull, signal, lastId: context.req.header('last-event-id') },
      state: (only) => book.state(jobs.records, only),
      onEnd: () => watchers--,
      onStall: () => (context.env as { readonly outgoing?: ServerResponse } | undefined)?.outgoing?.destroy(),
    })
    return new Response(body, { headers })
  })
  return routes
}
