import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type Operation, operations } from '../../../lib/api/operations.js'
import { failure } from '../../../server/api/failure.js'
import { type Handlers, addOperations } from '../../../server/api/handlers.js'

const all = Object.entries<Operation>(operations)
const withoutBody = all.filter(([, { body }]) => !body)

/** Routes whose handlers answer with what they were called with. */
const routes = new Hono()
routes.onError((error, context) => failure(context, error))
addOperations(
  routes,
  Object.fromEntries(
    all.map(([id]) => [
      id,
      ({ params, query, body }: { params: object; query: object; body: unknown }) => ({
        id,
        params,
        query,
        body,
      }),
    ]),
  ) as unknown as Handlers,
)
const request = ({ method, path, query = {} }: Operation) => {
  const asked = new URLSearchParams(
    Object.fromEntries(Object.keys(query).map((name) => [name, `the ${name}`])),
  )
  return routes.request(`${path.replace(/\{(\w+)\}/g, 'the-$1')}?${asked.toString()}&other=x`, {
    method: method.toUpperCase(),
  })
}

describe('the routes of the operations', () => {
  it.each(withoutBody)(
    'call the handler of %s with its parameters, and have its status',
    async (id, operation) => {
      const response = await request(operation)
      expect(response.status).toBe(operation.status ?? 200)
      const params = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, `the-${name}`])
      const query = Object.keys(operation.query ?? {}).map((name) => [name, `the ${name}`])
      expect(await response.json()).toEqual({
        ...{ id, params: Object.fromEntries(params) as object, query: Object.fromEntries(query) as object },
      })
    },
  )

  it('refuse a body that is missing or wrong', async () => {
    const withBody = all.filter(([, { body }]) => body)
    expect(withBody.length).toBeGreaterThan(2)
    for (const [id, operation] of withBody) expect([id, (await request(operation)).status]).toEqual([id, 400])
  })

  it('answer a whole response as it is', async () => {
    const own = new Hono()
    const teapot = () => new Response('short and stout', { status: 418 })
    addOperations(own, Object.fromEntries(all.map(([id]) => [id, teapot])) as unknown as Handlers)
    const response = await own.request('/info')
    expect([response.status, await response.text()]).toEqual([418, 'short and stout'])
  })
})
