/** Answers requests about pulls: `/pulls`. */
import type { PullRecord } from '../../lib/api/shapes.js'
import type { PullBook } from '../pulls/pull-book.js'
import type { Handlers } from './handlers.js'

type PullHandlers = Pick<
  Handlers,
  | 'listPulls'
  | 'startPull'
  | 'clearPulls'
  | 'getPull'
  | 'changePull'
  | 'cancelPull'
  | 'pullAgain'
  | 'retryNow'
>

export function pullHandlers(book: PullBook): PullHandlers {
  const records = (): PullRecord[] => book.entries.map(({ record }) => record)
  return {
    listPulls: records,
    startPull: ({ body }) => book.start(body).record,
    clearPulls: () => {
      book.clear()
      return records()
    },
    getPull: ({ params }) => book.get(params.id).watched,
    changePull: ({ params, body }) => book.change(params.id, body).record,
    cancelPull: ({ params }) => book.cancel(params.id).record,
    pullAgain: ({ params }) => book.again(params.id).record,
    retryNow: ({ params }) => book.retryNow(params.id).record,
  }
}
