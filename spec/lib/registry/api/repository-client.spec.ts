import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../../lib/registry/index.js'
import { failure } from '../../../support/failure.js'
import { manifest, withRegistry } from '../../../support/with-registry.js'

describe('a request for a repository', () => {
  it('can be cancelled while the credential is looked up, which ends the lookup', async () => {
    const cancel = new AbortController()
    let ended = false
    const credentials: Credentials = {
      for: (_, { signal } = {}) => {
        signal?.addEventListener('abort', () => (ended = true))
        cancel.abort()
        return new Promise(() => undefined)
      },
    }
    await withRegistry({}, { credentials }, async ({ registry, repository }) => {
      const asked = repository.manifest('latest', { signal: cancel.signal })
      expect(await failure(asked)).toMatchObject({ code: 'CANCELLED' })
      expect(ended).toBe(true)
      expect(registry.requests).toEqual([])
    })
  })

  it('delivers the warnings of the lookup', async () => {
    const credentials: Credentials = {
      for: (_, { onWarning } = {}) => {
        onWarning?.('odd', 'An entry is odd')
        return Promise.resolve(undefined)
      },
    }
    await withRegistry({}, { credentials }, async ({ repository }) => {
      const warnings: string[] = []
      const onWarning = (code: string, message: string): void => void warnings.push(`${code}: ${message}`)
      expect((await repository.manifest('latest', { onWarning })).bytes).toEqual(manifest)
      expect(warnings).toEqual(['odd: An entry is odd'])
    })
  })
})
