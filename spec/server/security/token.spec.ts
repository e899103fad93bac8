import { describe, expect, it } from 'vitest'
import { TokenCheck, newToken } from '../../../server/security/token.js'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('the token of a server', () => {
  it('has 256 random bits', () => {
    expect(Buffer.from(newToken(), 'base64url')).toHaveLength(32)
    expect(newToken()).not.toBe(newToken())
  })

  it.each<[string | undefined, boolean]>([
    ['Bearer sesame', true],
    ['bearer  sesame', true],
    ['Bearer sesam', false],
    ['Bearer sesame2', false],
    ['Bearer', false],
    ['sesame', false],
    ['Token sesame', false],
    ['XBearer sesame', false],
    [basic('user:sesame'), true],
    [basic(':sesame'), true],
    [basic('user:pass:sesame'), false],
    [basic('sesame:user'), false],
    ['Basic sesame', false],
    ['', false],
    [undefined, false],
  ])('is accepted in %j: %s', (header, accepted) => {
    expect(new TokenCheck('sesame').accepts(header)).toBe(accepted)
  })

  it('may contain a colon as a password', () => {
    expect(new TokenCheck('a:b').accepts(basic('user:a:b'))).toBe(true)
  })
})
