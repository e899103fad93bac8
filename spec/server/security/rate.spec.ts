import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { boundedRate } from '../../../server/security/rate.js'

function bounded(options: { readonly perSecond?: number; readonly burst?: number } = {}) {
  let time = 0
  const app = new Hono().use(boundedRate(() => time, options)).get('/', (context) => context.text('here'))
  const answers = async (count: number): Promise<number[]> => {
    const statuses: number[] = []
    for (let at = 0; at < count; at++) statuses.push((await app.request('/')).status)
    return statuses
  }
  return { app, answers, pass: (milliseconds: number) => void (time += milliseconds) }
}

describe('the rate of requests', () => {
  it('may be exceeded by a burst, and then recovers with time', async () => {
    const { answers, pass } = bounded({ perSecond: 10, burst: 3 })
    expect(await answers(4)).toEqual([200, 200, 200, 429])
    pass(99)
    expect(await answers(1)).toEqual([429])
    pass(1)
    expect(await answers(2)).toEqual([200, 429])
    pass(60_000)
    expect(await answers(4)).toEqual([200, 200, 200, 429])
  })

  it('is 200 requests per second, and 1000 at once', async () => {
    const { answers, pass, app } = bounded()
    expect((await answers(1_001)).filter((status) => status === 200)).toHaveLength(1_000)
    pass(1_000)
    expect((await answers(201)).filter((status) => status === 200)).toHaveLength(200)
    const refused = await app.request('/')
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ error: { code: 'TOO_MANY_REQUESTS' } })
  })
})
