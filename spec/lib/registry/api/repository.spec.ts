import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import type { Repository } from '../../../../lib/registry/index.js'
import { bytesOf, content, manifest, withRegistry } from '../../../support/with-registry.js'

const digest = digestOf(manifest)

describe('a request to a repository', () => {
  it.each<[string, (repository: Repository, signal: AbortSignal, url: string) => Promise<unknown>]>([
    ['a manifest', (repository, signal) => repository.manifest('latest', { signal })],
    ['a changed manifest', (repository, signal) => repository.manifestIfChanged('latest', '"a"', { signal })],
    ['a digest', (repository, signal) => repository.head('latest', { signal })],
    ['a blob', (repository, signal) => repository.blob(blobOf(), { signal })],
    ['a foreign blob', (repository, signal, url) => repository.foreignBlob(url, blobOf(), { signal })],
    ['the size of a blob', (repository, signal) => repository.blobSize(blobOf().digest, { signal })],
    ['tags', (repository, signal) => first(repository.tags({ signal }))],
    ['referrers', (repository, signal) => first(repository.referrers(digest, { signal }))],
  ])('for %s is not sent after a cancellation', (_, ask) =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      const url = `http://${registry.host}/v2/team/app/blobs/${blobOf().digest}`
      const before = registry.requests.length
      await expect(ask(repository, AbortSignal.abort(), url)).rejects.toThrow()
      expect(registry.requests).toHaveLength(before)
      await ask(repository, new AbortController().signal, url)
      expect(registry.requests.length).toBeGreaterThan(before)
    }),
  )

  it('for a part of a foreign blob is for that part', () =>
    withRegistry({}, {}, async ({ registry, repository }) => {
      const url = `http://${registry.host}/v2/team/app/blobs/${blobOf().digest}`
      const body = await repository.foreignBlob(url, blobOf(), { offset: 99_000 })
      expect(body.offset).toBe(99_000)
      expect((await bytesOf(body)).equals(content.subarray(99_000))).toBe(true)
    }))
})

const blobOf = () => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digestOf(content),
  size: content.length,
})

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item
  return undefined
}
