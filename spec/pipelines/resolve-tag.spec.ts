import { describe, expect, it, vi } from 'vitest'
import { latestOrFirst } from '../../pipelines/resolve-tag.js'

describe('the tag that stands for a repository', () => {
  const listing = (tags: readonly string[], read = vi.fn()) =>
    (async function* () {
      for (const tag of tags) {
        read(tag)
        yield await Promise.resolve(tag)
      }
    })()

  it('is latest, with which the list is read no further', async () => {
    const read = vi.fn()
    expect(await latestOrFirst(listing(['1', 'latest', '2'], read), 'app')).toBe('latest')
    expect(read.mock.calls).toEqual([['1'], ['latest']])
  })

  it('is the first one if latest is not there, and must be one', async () => {
    expect(await latestOrFirst(listing(['2', '1']), 'app')).toBe('2')
    await expect(latestOrFirst(listing([]), 'quay.io/app')).rejects.toMatchObject({
      ...{ code: 'MANIFEST_UNKNOWN', message: 'No tags available for remote repository quay.io/app' },
    })
  })
})
