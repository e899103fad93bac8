import { Hono } from 'hono'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { failure } from '../../../server/api/failure.js'
import { readBody, readQuery } from '../../../server/api/read-body.js'

const Order = t.intersection([
  t.type({ image: t.string, limits: t.type({ downloads: t.number }) }),
  t.partial({ names: t.array(t.string) }),
])

const routes = new Hono()
routes.onError((error, context) => failure(context, error))
routes.post('/', async (context) => context.json(await readBody(context, Order)))
routes.get('/', (context) =>
  context.json(readQuery(context, { image: { summary: '', required: true }, find: { summary: '' } })),
)
const messageOf = async (response: Response | Promise<Response>): Promise<unknown> => {
  const { status } = await response
  const { error } = (await (await response).json()) as { error: { code: string; message: string } }
  return [status, error.code, error.message]
}

describe('the body of a request', () => {
  it.each([
    ['{', 'The body of the request is not JSON'],
    ['', 'The body of the request is not JSON'],
    ['7', /^The body of the request is wrong at its top: expected /],
    ['{"limits":{"downloads":1}}', 'The body of the request is wrong at image: expected string'],
    [
      '{"image":"a","limits":{"downloads":"1"}}',
      'The body of the request is wrong at limits.downloads: expected number',
    ],
    [
      '{"image":"a","limits":{"downloads":1},"names":["a",2]}',
      'The body of the request is wrong at names: expected string',
    ],
  ])('that is wrong is refused with the place (%s)', async (body, message) => {
    expect(await messageOf(routes.request('/', { method: 'POST', body }))).toEqual([
      400,
      'USAGE',
      expect.stringMatching(message),
    ])
  })

  it('is what the client sent', async () => {
    const sent = { image: 'a', limits: { downloads: 1 } }
    const response = await routes.request('/', { method: 'POST', body: JSON.stringify(sent) })
    expect(await response.json()).toEqual(sent)
  })
})

describe('the query of a request', () => {
  it.each(['/', '/?image=', '/?find=x'])('must have what is required (%s)', async (path) => {
    expect(await messageOf(routes.request(path))).toEqual([
      400,
      'USAGE',
      'The request has no parameter “image”',
    ])
  })

  it('has what is known only', async () => {
    expect(await (await routes.request('/?image=a&other=b')).json()).toEqual({ image: 'a' })
  })
})
