import { isRight } from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { hostsCodec } from '../../../puller/options/hosts-codec.js'

const accepts = (value: unknown): boolean => isRight(hostsCodec.decode(value))

describe('the option hosts', () => {
  const [hostsOf, tlsOf] = [() => undefined, () => undefined]

  it('is false, or an object with both methods', () => {
    expect(accepts(false)).toBe(true)
    expect(accepts({ hostsOf, tlsOf, more: 1 })).toBe(true)
    class Hosts {
      hostsOf = hostsOf
      tlsOf(): void {}
    }
    expect(accepts(new Hosts())).toBe(true)
  })

  it.each([true, undefined, null, 'hosts', [], {}, { hostsOf }, { tlsOf }, { hostsOf, tlsOf: {} }])(
    'is not %j',
    (value) => {
      expect(accepts(value)).toBe(false)
    },
  )
})
