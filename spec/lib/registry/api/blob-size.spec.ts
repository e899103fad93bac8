import { describe, expect, it } from 'vitest'
import type { RequestReport } from '../../../../lib/image/index.js'
import { faults } from '../../../../lib/testing/registry/index.js'
import { content, talk, withRegistry } from '../../../support/with-registry.js'

const head = (status: number, length?: string) => ({
  ...{ status, body: Buffer.alloc(0) },
  headers: length === undefined ? {} : { 'content-length': length },
})

describe('the size of a blob', () => {
  it('is what the registry states, without requesting the content', () =>
    withRegistry({}, {}, async ({ registry, repository, blob }) => {
      expect(await repository.blobSize(blob.digest)).toBe(content.length)
      expect(talk(registry)).toEqual(['blob 200'])
      expect(registry.requests.at(-1)).toMatchObject({ method: 'HEAD' })
    }))

  it.each([
    ['states 0', head(200, '0')],
    ['refuses to state it', head(403, '12')],
  ])('is that of the response with the content if the registry %s', (_, answer) =>
    withRegistry({}, {}, async ({ registry, repository, blob }) => {
      registry.hook(({ method }) => (method === 'HEAD' ? answer : undefined))
      expect(await repository.blobSize(blob.digest)).toBe(content.length)
      expect(registry.requests.slice(-2).map(({ method }) => method)).toEqual(['HEAD', 'GET'])
    }),
  )

  it('is taken from a response whose content is not read, but closed', async () => {
    const reports: RequestReport[] = []
    const onRequest = (report: RequestReport): void => void reports.push(report)
    await withRegistry({}, { onRequest }, async ({ registry, repository, blob }) => {
      registry.hook(({ method }) => (method === 'HEAD' ? head(403, '12') : undefined))
      registry.addFault(faults.stall(10, { method: 'GET' }))
      expect(await repository.blobSize(blob.digest)).toBe(content.length)
      await expect.poll(() => reports.filter(({ url }) => url.includes('/blobs/'))).toHaveLength(2)
    })
  })

  it('can be cancelled while the content is asked for', () =>
    withRegistry({}, {}, async ({ registry, repository, blob }) => {
      const cancel = new AbortController()
      registry.hook(({ method, kind }) => {
        if (kind !== 'blob') return undefined
        if (method === 'HEAD') return head(403, '12')
        cancel.abort()
        return new Promise(() => undefined)
      })
      const size = repository.blobSize(blob.digest, { signal: cancel.signal })
      await expect(size).rejects.toMatchObject({ code: 'CANCELLED' })
    }))

  it('is an error if the blob is missing, or the work was cancelled', () =>
    withRegistry({}, {}, async ({ repository, blob, registry }) => {
      const before = registry.requests.length
      await expect(repository.blobSize(blob.digest, { signal: AbortSignal.abort() })).rejects.toThrow()
      expect(registry.requests).toHaveLength(before)
      registry.hook(({ kind }) => (kind === 'blob' ? head(404) : undefined))
      await expect(repository.blobSize(blob.digest)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
    }))
})
