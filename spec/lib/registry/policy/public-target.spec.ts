import { describe, expect, it } from 'vitest'
import { assertPublicTarget, mayLeadTo } from '../../../../lib/registry/policy/public-target.js'

const far = new URL('https://registry.example')
const near = new URL('http://127.0.0.1:5000')

describe('where a registry may redirect to', () => {
  it.each(['https://storage.example/a', 'https://10.0.0.1/a', 'http://192.168.1.1/a'])('is %s', (url) => {
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

  it('is its own host, wherever that is', () => {
    const odd = new URL('http://169.254.1.1:5000')
    expect(() => assertPublicTarget(new URL('http://169.254.1.1:80/a'), odd, 'look')).not.toThrow()
    expect(() => assertPublicTarget(new URL('http://169.254.1.2/a'), odd, 'look')).toThrow('link-local')
  })

  it('is this machine only for a registry on it, which leads to nothing else that is near', () => {
    expect(mayLeadTo('loopback', near)).toBe(true)
    expect(mayLeadTo('loopback', far)).toBe(false)
    for (const place of ['link-local', 'metadata', 'unspecified'] as const)
      expect([mayLeadTo(place, near), mayLeadTo(place, far)]).toEqual([false, false])
  })
})
