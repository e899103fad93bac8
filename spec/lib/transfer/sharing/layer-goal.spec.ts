import { describe, expect, it } from 'vitest'
import { goalKey } from '../../../../lib/transfer/sharing/layer-goal.js'

describe('what a layer is brought for', () => {
  it('is another thing in every form, with and without its blob, and anew', () => {
    const keys = [true, false].flatMap((keepBlobs) =>
      [true, false].flatMap((refresh) => [
        goalKey({ unpack: false, form: 'overlay', keepBlobs, refresh }),
        ...(['overlay', 'aufs'] as const).map((form) => goalKey({ unpack: true, form, keepBlobs, refresh })),
      ]),
    )
    expect(new Set(keys).size).toBe(12)
  })

  it('is the same in any form where nothing is unpacked', () => {
    const key = (form: 'overlay' | 'aufs'): string => goalKey({ unpack: false, form, keepBlobs: true })
    expect(key('overlay')).toBe(key('aufs'))
  })
})
