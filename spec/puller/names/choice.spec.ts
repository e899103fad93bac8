import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { noneFoundError } from '../../../puller/names/choice.js'

describe('the error for a name for which every registry failed', () => {
  const absent = new WindlassError('MANIFEST_UNKNOWN', 'one has no image', { hint: 'Check the tag.' })
  const down = new WindlassError('REGISTRY_UNAVAILABLE', 'two is down', {
    ...{ host: 'two.example', retryable: true, hint: 'Try again later.' },
  })

  it('is that of the first which could not say whether it has the image, with all reasons', () => {
    expect(noneFoundError('app', [absent, down])).toMatchObject({
      ...{ code: 'REGISTRY_UNAVAILABLE', retryable: true, hint: 'Try again later.' },
      message: 'No registry provides "app": one has no image; two is down',
      subject: { host: 'two.example', reference: 'app' },
    })
  })

  it('is that of the first one if all said that they do not have it', () => {
    const unknown = new WindlassError('NAME_UNKNOWN', 'two has no repository')
    expect(noneFoundError('app', [absent, unknown])).toMatchObject({
      ...{ code: 'MANIFEST_UNKNOWN', retryable: false, hint: 'Check the tag.' },
    })
    expect(noneFoundError('app', [])).toMatchObject({
      ...{ code: 'MANIFEST_UNKNOWN', hint: expect.stringContaining('registries.conf') as string },
    })
  })

  it('shows what was typed without control characters', () => {
    expect(noneFoundError('a\u001b[31m', [absent]).message).not.toContain('\u001b')
  })
})
