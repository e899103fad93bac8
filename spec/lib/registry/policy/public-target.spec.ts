import { describe, expect, it } from 'vitest'
import { assertPublicTarget, mayReferTo } from '../../../../lib/registry/policy/public-target.js'

const far = new URL('https://registry.example')
const near = new URL('http://127.0.0.1:5000')

describe('the target of a redirect by a registry', () => {
  it.each(['https://storage.example/a', 'https://10.0.0.1/a', 'http://192.168.1.1/a'])('may be %s', (url) => {
    expect(() => assertPublicTarget(new URL(url), far, 'look')).not.toThrow()
  })

  it.each(['http://127.0.0.1/a', 'http://[::1]/a', 'http://169.254.169.254/a', 'http://0.0.0.0/a'])(
    'is not %s',
    (url) => {
      expect(() => assertPublicTarget(new URL(url), far, 'look')).toThrow(
        expect.objectContaining({
          code: 'REDIRECT_REFUSED',
          message: expect.stringContaining(url) as string,
        }),
      )
    },
  )

  it('may be the host of the registry at any address', () => {
    const odd = new URL('http://169.254.1.1:5000')
    expect(() => assertPublicTarget(new URL('http://169.254.1.1:80/a'), odd, 'look')).not.toThrow()
    expect(() => assertPublicTarget(new URL('http://169.254.1.2/a'), odd, 'look')).toThrow('link-local')
  })

  it('may be a loopback address only for a registry on one, and never a link-local address', () => {
    expect(mayReferTo('loopback', near)).toBe(true)
    expect(mayReferTo('loopback', far)).toBe(false)
    for (const place of ['link-local', 'metadata', 'unspecified'] as const)
      expect([mayReferTo(place, near), mayReferTo(place, far)]).toEqual([false, false])
  })
})
