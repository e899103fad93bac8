import { describe, expect, it } from 'vitest'
import { arm, between } from '../support/copies.js'

describe('a copy of one image of nested indexes', () => {
  const platform = 'linux/arm64'

  it('follows as many indexes as the limit says, and no more', () =>
    between(async ({ to, copy }) => {
      await expect(copy('all', { platform, indexDepth: 1 })).rejects.toMatchObject({
        ...{ code: 'LIMIT_EXCEEDED' },
        message: expect.stringContaining('nested 2 levels deep or more') as string,
      })
      expect(to.requests.filter(({ method }) => method === 'PUT')).toEqual([])
      const { image } = await copy('all', { platform, indexDepth: 2 })
      expect(image.digest).toBe(arm.manifest.digest)
    }))
})
