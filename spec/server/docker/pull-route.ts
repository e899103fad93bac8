/** The route of pulls over pulls that the test begins and ends, and requests to it. */
import { getEventListeners } from 'node:events'
import { Hono } from 'hono'
import { Subject, firstValueFrom } from 'rxjs'
import { vi } from 'vitest'
import { PullEventLog, type PullEventBody } from '../../../lib/events/index.js'
import type { ServerParts } from '../../../server/api/routes.js'
import { pullRoutes } from '../../../server/docker/pulls.js'

/** Digest of the first layer of each pull. */
export const digest = `sha256:${'a'.repeat(64)}`

/** A pull that does what the test says. */
export function pullOf(name = 'quay.io/team/app:1') {
  const log = new PullEventLog(() => new Date())
  const emit = (...bodies: PullEventBody[]): void => bodies.forEach((body) => log.emit(body))
  const start = (): void => emit({ type: 'start', reference: name, platform: 'linux/amd64' })
  const begin = (...more: string[]): void => {
    const all = [digest, ...more]
    start()
    emit(
      { type: 'manifest', digest, mediaType: 'a/b', size: 1, host: 'quay.io', decidedBy: 'shape' },
      {
        type: 'plan',
        layers: all.map((each) => ({ digest: each, size: 100, action: 'download', offset: 0 })),
        bytes: { total: 100 * all.length, toDownload: 100 * all.length },
      },
    )
  }
  const retry = (): void =>
    emit({ type: 'layer', digest, status: 'retrying', current: 0, total: 100, retryIn: 3_000 })
  const failure = new Subject<never>()
  const pull = { id: log.id, events: log.events, cancel: vi.fn(), done: firstValueFrom(failure) }
  const end = (error?: unknown): void => {
    log.end(error)
    failure.error(error)
  }
  pull.done.catch(() => undefined)
  return { pull, start, begin, retry, end }
}

/** The route, over pulls that the test ends, and a request to it. */
export function routeOf(maxDownloads = 3) {
  const one = pullOf()
  const each = new Subject<{ name: string; pull: object }>()
  const result = new Subject<{ name: string; status: string }>()
  const set = { each, result, done: firstValueFrom(result), cancel: vi.fn() }
  const start = vi.fn(() => one)
  const adopt = vi.fn()
  const pullAllTags = vi.fn(() => ({ each: set.each, done: set.done, cancel: set.cancel }))
  const windlass = { limits: { get: () => ({ maxDownloads }) }, pullAllTags }
  const routes = new Hono<{ Bindings: { version: number } }>()
  pullRoutes(routes, { book: { start, adopt }, windlass } as unknown as ServerParts)
  const client = new AbortController()
  const ask = (query: string, headers = {}) => {
    const url = `http://docker/images/create?${query}`
    const request = new Request(url, { method: 'POST', headers, signal: client.signal })
    const response = Promise.resolve(routes.fetch(request))
    const words = async () =>
      (await (await response).text())
        .split('\r\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { id?: string; status?: string; error?: string })
        .map(({ id, status, error }) => [id, status ?? error].filter(Boolean).join(': '))
    return { response, words, listeners: () => getEventListeners(request.signal, 'abort').length }
  }
  return { one, set, start, adopt, pullAllTags, client, ask }
}
