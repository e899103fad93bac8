/** Bounds the rate of requests of one server. */
import type { Context, MiddlewareHandler } from 'hono'
import { failureWith } from '../api/failure.js'

/** How much is answered, and what is answered beyond it. */
export interface RateOptions {
  /** Requests per second in the long run (200). */
  readonly perSecond?: number
  /** Requests that may come at once (1,000). */
  readonly burst?: number
  /** Responds to a request beyond the rate. */
  readonly refuse?: (context: Context, message: string) => Response
}

/** Answers requests beyond the rate with 429. A token bucket for all clients together: the server has one user. */
export function boundedRate(
  now: () => number = () => performance.now(),
  { perSecond = 200, burst = 1_000, refuse = refused }: RateOptions = {},
): MiddlewareHandler {
  let tokens = burst
  let at = now()
  return async (context, next) => {
    const time = now()
    tokens = Math.min(burst, tokens + ((time - at) / 1_000) * perSecond)
    at = time
    if (tokens < 1) {
      context.header('retry-after', '1')
      return refuse(context, `This server answers at most ${perSecond} requests per second`)
    }
    tokens--
    await next()
    return undefined
  }
}

const refused = (context: Context, message: string): Response =>
  failureWith(context, 429, { code: 'TOO_MANY_REQUESTS', message })
