/** What every request to a server must satisfy, without a socket. */
import { describe, expect, it } from 'vitest'
import { appOf, type Entrance } from '../../server/app.js'
import type { ServerParts } from '../../server/api/routes.js'
import { Feed } from '../../server/feed/feed.js'
import { ServerMetrics } from '../../server/metrics/server-metrics.js'
import { registryOf } from '../../server/registry/routes.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const store = temporaryDirectory()
const host = '127.0.0.1:5180'

function appFor(entrance: Partial<Entrance> = {}) {
  const windlass = {
    store,
    limits: { get: () => ({ maxDownloads: 1, maxUnpacks: 1 }) },
    activity: { load: () => ({ downloads: {}, unpacks: {}, received: 0 }) },
  }
  const parts = {
    ...{ windlass, info: { version: '1.2.3' }, feed: new Feed('run'), metrics: new ServerMetrics() },
    ...{ book: { running: [], entries: [] }, jobs: { records: [] }, history: { past: [] } },
    signal: new AbortController().signal,
  } as unknown as ServerParts
  const all = { token: 'secret', hosts: new Set([host]), isLocal: true, ...entrance }
  const app = appOf(parts, { ...all, registry: registryOf(store) })
  const status = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    (await app.request(`http://${host}${path}`, { headers: { host, ...headers }, ...init })).status
  return { app, status }
}
const token = { authorization: 'Bearer secret' }
/** Paths of every part of a server. */
const guarded = ['/api/v1/info', '/api/v1/nothing', '/metrics', '/v1.43/_ping', '/_ping', '/api/other']

describe('the address of a server', () => {
  it.each(guarded)('answers %s only with the token', async (path) => {
    const { status } = appFor()
    expect([await status(path), await status(path, { authorization: 'Bearer other' })]).toEqual([401, 401])
    expect(await status(path, token)).not.toBe(401)
  })

  it('needs no token on a unix socket, and none for the page', async () => {
    const { status } = appFor({ token: undefined, hosts: undefined })
    for (const path of ['/api/v1/info', '/metrics', '/_ping', '/v2/']) expect(await status(path)).toBe(200)
    expect(await appFor().status('/')).toBe(200)
  })

  it.each([...guarded, '/', '/v2/'])('refuses other hosts and pages of other origins at %s', async (path) => {
    const { status } = appFor()
    const foreign = [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) expect(await status(path, { ...token, ...headers })).toBe(403)
  })

  it('lets every program of this machine read the registry, and others only with the token', async () => {
    expect(await appFor().status('/v2/')).toBe(200)
    const remote = appFor({ isLocal: false, hosts: 'any' })
    expect(await remote.status('/v2/', { host: 'any.example' })).toBe(401)
    expect(await remote.status('/v2/', { host: 'any.example', ...token })).toBe(200)
    expect(await remote.status('/api/v1/info', { host: 'any.example', ...token })).toBe(200)
  })

  it('has headers that keep a page from doing what it should not, with every answer', async () => {
    const { app } = appFor()
    for (const path of ['/', '/nothing', '/api/v1/info', '/v2/', '/_ping', '/metrics']) {
      const { headers } = await app.request(`http://${host}${path}`, { headers: { host } })
      expect([path, headers.get('x-frame-options'), headers.get('x-content-type-options')]).toEqual([
        ...[path, 'DENY', 'nosniff'],
      ])
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })

  it('bounds the rate of requests, also of those that it refuses', async () => {
    const { status } = appFor()
    let last = 0
    for (let nth = 0; nth < 1_500 && last !== 429; nth++) last = await status('/api/v1/info')
    expect(last).toBe(429)
    // The registry has a rate of its own.
    expect(await status('/v2/')).toBe(200)
  })

  it('says that it has nothing there, or that a body is too large', async () => {
    const { app, status } = appFor()
    expect(await status('/nothing')).toBe(404)
    const response = await app.request(`http://${host}/api/v1/none`, { headers: { host, ...token } })
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { code: 'USAGE', message: 'This server has nothing at /api/v1/none' } },
    ])
    const body = JSON.stringify({ image: 'x'.repeat(64 * 1024) })
    const headers = { 'content-length': String(body.length) }
    expect(await status('/api/v1/pulls', { ...token, ...headers }, { method: 'POST', body })).toBe(413)
  })
})
