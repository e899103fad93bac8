/** Answers requests for the stream of messages: `/events`. */
import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { watchStream } from '../feed/watch-stream.js'
import type { Feed } from '../feed/feed.js'
import type { PullBook } from '../pulls/pull-book.js'
import type { StoreJobs } from '../jobs/store-jobs.js'
import { failureWith } from './failure.js'
import type { Handlers } from './handlers.js'

/** Maximum number of watchers. */
const maxWatchers = 1_024

/** What the handler needs. */
export interface EventParts {
  readonly feed: Feed
  readonly book: PullBook
  readonly jobs: StoreJobs
  /** Ends the streams. */
  readonly signal: AbortSignal
}

export function watchHandler({ feed, book, jobs, signal }: EventParts): Handlers['watch'] {
  // Each watcher listens. Node warns about more than ten.
  setMaxListeners(0, signal)
  return ({ query: { pull }, context }) => {
    if (pull !== undefined) book.get(pull)
    const headers = {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Tells nginx not to buffer the stream.
      'x-accel-buffering': 'no',
    }
    // Hono answers a HEAD with the headers of the GET; a stream that nobody reads would never end.
    if (context.req.method === 'HEAD') return new Response(null, { headers })
    if (feed.watchers >= maxWatchers)
      return failureWith(context, 503, {
        code: 'TOO_MANY_REQUESTS',
        message: `This server has ${maxWatchers} watchers, its maximum`,
      })
    const onEnd = feed.addWatcher()
    const body = watchStream({
      ...{ feed, pull, signal, onEnd, lastId: context.req.header('last-event-id') },
      state: (only) => book.state(jobs.records, only),
      onStall: () => (context.env as { readonly outgoing?: ServerResponse } | undefined)?.outgoing?.destroy(),
    })
    return new Response(body, { headers })
  }
}
