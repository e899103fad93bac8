/** Routes for the limits of the server: `/limits`. */
import { Hono } from 'hono'
import { LimitChange } from '../../lib/api/shapes.js'
import type { PullBook } from '../pulls/pull-book.js'
import { readBody } from './read-body.js'

export function limitRoutes(book: PullBook): Hono {
  const routes = new Hono()
  routes.get('/', (context) => context.json(book.limits))
  routes.patch('/', async (context) => context.json(book.setLimits(await readBody(context, LimitChange))))
  return routes
}
