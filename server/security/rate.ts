/** Bounds the rate of requests of one server. */
import type { MiddlewareHandler } from 'hono'
import { failureWith } from '../api/failure.js'

/** Requests per second that are answered in the long run, and the number that may come at once. */
const perSecond = 200
const burst = 1_000

/** Answers requests beyond the rate with 429. A token bucket for all clients together: the server has one user. */
export function boundedRate(now: () => number = () => performance.now()): MiddlewareHandler {
  let tokens = burst
  let at = now()
  return async (context, next) => {
    const time = now()
    tokens = Math.min(burst, tokens + ((time - at) / 1_000) * perSecond)
    at = time
    if (tokens < 1) {
      context.header('retry-after', '1')
      return failureWith(context, 429, {
        code: 'TOO_MANY_REQUESTS',
        message: `This server answers at most ${perSecond} requests per second`,
      })
    }
    tokens--
    await next()
    return undefined
  }
}
