/** The API: `/api/v1`. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ServerInfo } from '../../lib/api/shapes.js'
import type { Windlass } from '../../puller/index.js'
import type { Feed } from '../feed/feed.js'
import type { History } from '../history/history.js'
import type { StoreJobs } from '../jobs/store-jobs.js'
import type { PullBook } from '../pulls/pull-book.js'
import type { ServerMetrics } from '../metrics/server-metrics.js'
import { StoreView } from '../store-view/store-view.js'
import { watchHandler } from './events.js'
import { failure, failureWith } from './failure.js'
import { addOperations } from './handlers.js'
import { imageHandlers } from './images.js'
import { limitHandlers } from './limits.js'
import { openApiDocument } from './openapi.js'
import { pullHandlers } from './pulls.js'
import { taskHandlers } from './tasks.js'

/** What the routes of a server share. */
export interface ServerParts {
  readonly windlass: Windlass
  readonly info: ServerInfo
  readonly feed: Feed
  readonly book: PullBook
  readonly jobs: StoreJobs
  readonly history: History
  readonly metrics: ServerMetrics
  /** Aborts when the server ends. */
  readonly signal: AbortSignal
}

/** Maximum size of the body of a request, in bytes. */
const maxBody = 64 * 1024

/** Returns the routes of the API, below `/api/v1`. */
export function apiRoutes(parts: ServerParts): Hono {
  const { windlass, info, feed, book, jobs, history } = parts
  const view = new StoreView({ windlass, book })
  const routes = new Hono()
  routes.use(
    bodyLimit({
      maxSize: maxBody,
      onError: (context) =>
        failureWith(context, 413, { code: 'USAGE', message: `The body is larger than ${maxBody} bytes` }),
    }),
  )
  routes.onError((error, context) => failure(context, error))
  addOperations(routes, {
    getInfo: () => info,
    describeApi: () => openApiDocument(info.version),
    ...pullHandlers(book),
    ...limitHandlers(book),
    watch: watchHandler(parts),
    ...imageHandlers({ windlass, feed, view }),
    ...taskHandlers(jobs),
    listHistory: () => [...history.past],
  })
  return routes
}
