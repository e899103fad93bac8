/** Route of the metrics: `/metrics`. */
import { Hono } from 'hono'
import type { ServerInfo } from '../../lib/api/shapes.js'
import type { Windlass } from '../../puller/index.js'
import type { Feed } from '../feed/feed.js'
import type { PullBook } from '../pulls/pull-book.js'
import { exposition, expositionType } from './exposition.js'
import type { MetricParts, ServerMetrics } from './server-metrics.js'

/** What the route needs. */
export interface MetricRouteParts {
  readonly windlass: Windlass
  readonly info: ServerInfo
  readonly feed: Feed
  readonly book: PullBook
  readonly metrics: ServerMetrics
}

/** Returns the route. */
export function metricsRoutes({ windlass, info, book, feed, metrics }: MetricRouteParts): Hono {
  const parts: MetricParts = {
    windlass,
    version: info.version,
    watchers: () => feed.watchers,
    pulls: () => {
      const states = book.running.map(({ record }) => record.state)
      const paused = states.filter((state) => state === 'paused').length
      return { running: states.length - paused, paused }
    },
  }
  const routes = new Hono()
  routes.get('/', async (context) =>
    context.body(exposition(await metrics.read(parts)), 200, { 'content-type': expositionType }),
  )
  return routes
}
