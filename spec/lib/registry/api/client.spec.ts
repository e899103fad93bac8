import { describe, expect, it } from 'vitest'
import { Credential, onlyFor } from '../../../../lib/registry/index.js'
import { faults, problem, startRegistry } from '../../../../lib/testing/registry/index.js'
import { talk, withRegistry } from '../../../support/with-registry.js'

const known = ({ host }: { host: string }) => ({
  credentials: onlyFor(host, Credential.password('user', 'sesame')),
})

describe('a request to a registry', () => {
  it('does not log in after a 401 of another origin', async () => {
    const elsewhere = await startRegistry()
    await withRegistry({}, known, async ({ repository, registry, blob }) => {
      const challenge = { 'www-authenticate': `Bearer realm="${registry.url}/token"` }
      elsewhere.hook(() => problem(401, 'UNAUTHORIZED', 'no', challenge))
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/x/blobs/${blob.digest}`))
      await expect(repository.blob(blob)).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
      expect(talk(registry)).toEqual(['blob 307'])
      expect(talk(elsewhere)).toEqual(['blob 401'])
    })
    await elsewhere.close()
  })

  it('gives its connection back if the token server is refused', () =>
    withRegistry({}, { maxSockets: 1 }, async ({ repository, registry, blob }) => {
      // Larger than what a connection reads ahead.
      const body = Buffer.alloc(8 * 2 ** 20)
      const headers = { 'www-authenticate': 'Bearer realm="ftp://x"' }
      registry.hook(({ kind }) => (kind === 'ping' ? undefined : { status: 401, headers, body }))
      for (let time = 0; time < 3; time++)
        await expect(repository.blob(blob, { signal: AbortSignal.timeout(5_000) })).rejects.toMatchObject({
          code: 'CHALLENGE_INVALID',
        })
    }))
})
