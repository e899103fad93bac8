import { describe, expect, it } from 'vitest'
import { isSet } from '../../../server/docker/is-set.js'

describe('a parameter of a query', () => {
  it.each(['1', 'true', 'yes', 'TRUE', '2', 'x', ' 1 '])('is set: %j', (value) => {
    expect(isSet(value)).toBe(true)
  })

  it.each([undefined, '', '0', 'no', 'No', 'false', 'FALSE', 'none', ' false ', ' '])(
    'is not set: %j',
    (value) => {
      expect(isSet(value)).toBe(false)
    },
  )
})
