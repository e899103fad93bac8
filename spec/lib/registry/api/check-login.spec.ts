import { describe, expect, it } from 'vitest'
import type { RequestReport } from '../../../../lib/image/index.js'
import { Credential } from '../../../../lib/registry/index.js'
import { answer } from '../../../../lib/testing/registry/answer.js'
import { withRegistry } from '../../../support/with-registry.js'

const known = Credential.password('user', 'sesame')

describe('the check of a login', () => {
  it.each([200, 204])('accepts status %i, and returns the limit and the time of the registry', (status) =>
    withRegistry({}, {}, async ({ registry, registries }) => {
      const headers = { 'ratelimit-remaining': '76;w=21600', date: 'Sun, 01 Nov 2026 10:00:00 GMT' }
      registry.hook(() => answer(status, headers))
      expect(await registries.checkLogin(registry.host, known)).toEqual({
        rateLimit: { remaining: 76, window: 21600 },
        date: Date.UTC(2026, 10, 1, 10),
      })
    }),
  )

  it('reads the response to its end, so that nothing of it remains', () => {
    const reports: RequestReport[] = []
    const onRequest = (report: RequestReport): number => reports.push(report)
    return withRegistry({}, { onRequest }, async ({ registry, registries }) => {
      await registries.checkLogin(registry.host, known)
      await expect.poll(() => reports.length).toBe(2) // the first one finds out the scheme
    })
  })

  it.each([
    [404, 'REGISTRY_RESPONSE'],
    [302, 'REGISTRY_RESPONSE'],
    [503, 'REGISTRY_UNAVAILABLE'],
  ])('fails for status %i', (status, code) =>
    withRegistry({}, {}, async ({ registry, registries }) => {
      registry.hook(() => answer(status))
      await expect(registries.checkLogin(registry.host, known)).rejects.toMatchObject({ code })
    }),
  )

  it('can be cancelled', () =>
    withRegistry({}, {}, async ({ registry, registries }) => {
      await registries.checkLogin(registry.host, known)
      const cancel = new AbortController()
      registry.hook(() => {
        cancel.abort()
        return new Promise(() => undefined)
      })
      const checked = registries.checkLogin(registry.host, known, cancel.signal)
      await expect(checked).rejects.toMatchObject({ code: 'CANCELLED' })
    }))
})
