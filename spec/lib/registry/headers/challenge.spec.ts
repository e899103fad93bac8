import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../../lib/registry/headers/challenge.js'
import { cpuTimeSince } from '../../../support/cpu-time.js'

const plain = (text: string | readonly string[]) =>
  parseChallenges(text).map(({ scheme, parameters, token68 }) => ({
    scheme,
    ...Object.fromEntries(parameters),
    token68,
  }))

describe('parseChallenges', () => {
  it('reads the challenge of a registry', () => {
    expect(
      plain(
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      ),
    ).toEqual([
      {
        scheme: 'bearer',
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:a/b:pull,push',
        token68: '',
      },
    ])
  })

  it('accepts scheme and parameter names in any case (S0-82)', () => {
    expect(plain('BEARER Realm="r", SERVICE=s')).toEqual([
      { scheme: 'bearer', realm: 'r', service: 's', token68: '' },
    ])
  })

  it('reads several challenges in one field and in several fields', () => {
    const basic = { scheme: 'basic', realm: 'a, b', token68: '' }
    const bearer = { scheme: 'bearer', realm: 'r', token68: '' }
    expect(plain('Basic realm="a, b", Bearer realm="r"')).toEqual([basic, bearer])
    expect(plain(['Basic realm="a, b"', 'Bearer realm="r"'])).toEqual([basic, bearer])
    expect(plain('Negotiate, Bearer realm="r"')).toEqual([{ scheme: 'negotiate', token68: '' }, bearer])
    expect(plain('NTLM TlRMTVNTUAAC==, Bearer realm="r"')).toEqual([
      { scheme: 'ntlm', token68: 'TlRMTVNTUAAC==' },
      bearer,
    ])
  })

  it('removes escapes, and uses the first of two parameters with the same name', () => {
    expect(plain('Basic realm="a\\"b\\\\c", realm="other"')).toEqual([
      { scheme: 'basic', realm: 'a"b\\c', token68: '' },
    ])
  })

  it.each([
    [
      'a URL without quotes',
      'Bearer realm=https://a.example:5/t?x=y,service=s',
      'https://a.example:5/t?x=y',
      's',
    ],
    ['no commas', 'Bearer realm="r" service="s"', 'r', 's'],
    ['an empty value in quotes', 'Bearer realm="r",scope="",service="s"', 'r', 's'],
    ['an empty value without quotes', 'Bearer realm="r",scope=,service="s"', 'r', 's'],
    ['an empty value at the end', 'Bearer realm="r",service=s,scope=', 'r', 's'],
    ['commas at the end', 'Bearer realm="r",service="s",,', 'r', 's'],
    ['blanks around the equals sign', 'Bearer realm = "r" , service = "s"', 'r', 's'],
    ['tabs', '\tBearer\trealm="r",\tservice="s"', 'r', 's'],
    ['upper case', 'BEARER REALM="r",SERVICE="s"', 'r', 's'],
    ['another challenge before it', 'Basic realm="b",Bearer realm="r",service="s"', 'r', 's'],
    ['another challenge after it', 'Bearer realm="r",service="s",Basic realm="b"', 'r', 's'],
    ['another challenge with no comma between', 'Basic realm="b" Bearer realm="r",service="s"', 'r', 's'],
    ['a challenge of one word before it', 'Negotiate,Bearer realm="r",service="s"', 'r', 's'],
    ['an unknown parameter', 'Bearer realm="r",error="invalid_token",service="s"', 'r', 's'],
    ['a quote that is never closed after it', 'Bearer realm="r",service="s",scope="x', 'r', 's'],
  ])('reads the realm and service of a challenge with %s', (_, text, realm, service) => {
    const bearer = parseChallenges(text).find(({ scheme }) => scheme === 'bearer')
    expect(bearer?.parameters.get('realm')).toBe(realm)
    expect(bearer?.parameters.get('service')).toBe(service)
  })

  it('keeps spaces and commas in a quoted scope', () => {
    const [bearer] = parseChallenges('Bearer realm="r",scope="repository:a:pull,push repository:b:pull"')
    expect(bearer?.parameters.get('scope')).toBe('repository:a:pull,push repository:b:pull')
  })

  it('returns an empty list for a missing or empty header', () => {
    expect(parseChallenges(undefined)).toEqual([])
    expect(parseChallenges(', ,')).toEqual([])
  })

  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/)
  const value = fc.string({ unit: 'binary-ascii', maxLength: 20 })
  const challenge = fc.record({
    scheme: name,
    parameters: fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 }),
  })
  const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

  it('property: reads any header that follows the grammar', () => {
    const separator = fc.constantFrom(',', ', ', ' , ', ',,', ' ,\t, ')
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), separator, (challenges, comma) => {
        const text = challenges
          .map(({ scheme, parameters }) => {
            const pairs = Object.entries(parameters).map(
              ([key, each]) => `${key.toUpperCase()} = ${quote(each)}`,
            )
            return `${scheme} ${pairs.join(comma)}`
          })
          .join(comma)
        expect(plain(text)).toEqual(
          challenges.map(({ scheme, parameters }) => ({ scheme, ...parameters, token68: '' })),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('property: terminates without throwing on any input', () => {
    const noise = fc.string({
      unit: fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'B', '\0', 'é'),
      maxLength: 200,
    })
    fc.assert(
      fc.property(noise, (text) => {
        expect(parseChallenges(text).length).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 300 },
    )
  })

  it('reads a megabyte of random text in linear time', () => {
    for (const text of ['"'.repeat(1e6), 'a '.repeat(5e5), 'a="\\'.repeat(3e5), 'a=,'.repeat(3e5)]) {
      const before = process.cpuUsage()
      parseChallenges(text)
      expect(cpuTimeSince(before)).toBeLessThan(1000)
    }
  })
})
