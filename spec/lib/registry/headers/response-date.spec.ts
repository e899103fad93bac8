import { describe, expect, it } from 'vitest'
import { responseDate } from '../../../../lib/registry/headers/response-date.js'

describe('responseDate', () => {
  it('reads the header Date, and ignores what is no date', () => {
    expect(responseDate({ date: 'Tue, 15 Nov 1994 08:12:31 GMT' })).toEqual({ date: 784_887_151_000 })
    expect(responseDate({ date: 'yesterday' })).toEqual({})
    expect(responseDate({})).toEqual({})
  })
})
