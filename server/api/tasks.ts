/** Routes for operations on the store that take a while: `/tasks`. */
import { Hono } from 'hono'
import * as t from 'io-ts'
import type { StoreJobs } from '../jobs/store-jobs.js'
import { readBody } from './read-body.js'

const TaskOrder = t.type({ kind: t.keyof({ collect: null, verify: null }) })

export function taskRoutes(jobs: StoreJobs): Hono {
  const routes = new Hono()
  routes.get('/', (context) => context.json(jobs.records))
  routes.post('/', async (context) => {
    const { kind } = await readBody(context, TaskOrder)
    return context.json(jobs.start(kind), 202)
  })
  routes.get('/:id', (context) => context.json(jobs.get(context.req.param('id'))))
  return routes
}
