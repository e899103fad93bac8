import { describe, expect, it } from 'vitest'
import { goalKey } from '../../../../lib/transfer/sharing/layer-goal.js'

describe('the key of a goal', () => {
  it('differs by whiteout form, by whether the blob is kept, and by `refresh`', () => {
    const keys = [true, false].flatMap((keepBlobs) =>
      [true, false].flatMap((refresh) => [
        goalKey({ unpack: false, form: 'overlay', keepBlobs, refresh }),
        ...(['overlay', 'aufs'] as const).map((form) => goalKey({ unpack: true, form, keepBlobs, refresh })),
      ]),
    )
    expect(new Set(keys).size).toBe(12)
  })

  it('does not depend on the whiteout form if nothing is unpacked', () => {
    const key = (form: 'overlay' | 'aufs'): string => goalKey({ unpack: false, form, keepBlobs: true })
    expect(key('overlay')).toBe(key('aufs'))
  })
})
