/** Routes for pulls: `/pulls`. */
import { Hono } from 'hono'
import { PullChange, PullOrder } from '../../lib/api/shapes.js'
import type { PullBook } from '../pulls/pull-book.js'
import { readBody } from './read-body.js'

export function pullRoutes(book: PullBook): Hono {
  const routes = new Hono()
  const records = () => book.entries.map(({ record }) => record)
  routes.get('/', (context) => context.json(records()))
  routes.post('/', async (context) => {
    const order = await readBody(context, PullOrder)
    return context.json(book.start(order).record, 201)
  })
  routes.post('/clear', (context) => {
    book.clear()
    return context.json(records())
  })
  routes.get('/:id', (context) => context.json(book.get(context.req.param('id')).watched))
  routes.patch('/:id', async (context) => {
    const change = await readBody(context, PullChange)
    return context.json(book.change(context.req.param('id'), change).record)
  })
  routes.post('/:id/cancel', (context) => context.json(book.cancel(context.req.param('id')).record))
  routes.post('/:id/again', (context) => context.json(book.again(context.req.param('id')).record, 201))
  routes.post('/:id/retry-now', (context) => context.json(book.retryNow(context.req.param('id')).record))
  return routes
}
