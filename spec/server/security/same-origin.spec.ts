import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { sameOrigin } from '../../../server/security/same-origin.js'

const own = new Set(['127.0.0.1:5180', 'localhost:5180'])

describe('a request', () => {
  it.each<[ReadonlySet<string> | 'any' | undefined, Record<string, string>, number]>([
    [own, { host: '127.0.0.1:5180' }, 200],
    [own, { host: 'LocalHost:5180' }, 200],
    [own, { host: '127.0.0.1:5181' }, 403],
    [own, { host: 'evil.example' }, 403],
    [own, {}, 403],
    ['any', { host: 'evil.example' }, 200],
    [undefined, { host: 'evil.example' }, 200],
    [own, { host: 'localhost:5180', origin: 'http://localhost:5180' }, 200],
    [own, { host: 'localhost:5180', origin: 'HTTP://LOCALHOST:5180' }, 200],
    [own, { host: 'localhost:5180', origin: 'http://127.0.0.1:5180' }, 403],
    [own, { host: 'localhost:5180', origin: 'http://evil.example' }, 403],
    [own, { host: 'localhost:5180', origin: 'null' }, 403],
    ['any', { host: 'a.example', origin: 'http://b.example' }, 403],
    [undefined, { host: 'docker', origin: 'http://docker' }, 403],
    [own, { host: 'localhost:5180', 'sec-fetch-site': 'same-origin' }, 200],
    [own, { host: 'localhost:5180', 'sec-fetch-site': 'none' }, 200],
    [own, { host: 'localhost:5180', 'sec-fetch-site': 'cross-site' }, 403],
    [own, { host: 'localhost:5180', 'sec-fetch-site': 'same-site' }, 403],
  ])('to %o with %j has the status %d', async (hosts, headers, status) => {
    const app = new Hono().use(sameOrigin(hosts)).get('/', (context) => context.text('here'))
    expect((await app.request('/', { headers })).status).toBe(status)
  })
})
