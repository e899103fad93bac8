/** Answers requests about the limits of the server: `/limits`. */
import type { PullBook } from '../pulls/pull-book.js'
import type { Handlers } from './handlers.js'

export function limitHandlers(book: PullBook): Pick<Handlers, 'getLimits' | 'setLimits'> {
  return {
    getLimits: () => book.limits,
    setLimits: ({ body }) => book.setLimits(body),
  }
}
