import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DescriptorCodec } from '../../../../lib/image/documents/descriptor.js'
import { decodeJson } from '../../../../lib/codec/json.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import { descriptor } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

const document = { code: 'MANIFEST_INVALID', what: 'it' } as const
const decode = (value: unknown, notice?: (text: string) => void): unknown =>
  decodeJson(DescriptorCodec, value, { ...document, ...(notice && { notice }) })
const good = descriptor(mediaTypes.ociLayer)

describe('DescriptorCodec', () => {
  it('accepts any safe integer as size, and keeps unknown fields (S0-46)', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        const value = { ...good, size, unheardOf: [1] }
        expect(decode(value)).toEqual(value)
      }),
    )
    expect(decode({ ...good, size: 5 * 2 ** 32 })).toMatchObject({ size: 21474836480 })
  })

  it.each([-1, 1.5, 2 ** 53, 1e300, '3', null, undefined, true, [3], Number.NaN])(
    'refuses the size %j',
    (size) => {
      expect(failure(() => decode({ ...good, size })).message).toContain('size: expected a size')
    },
  )

  it.each([
    [{ mediaType: 'a/b\r\nX: y' }, 'mediaType: expected a media type'],
    [{ mediaType: '' }, 'mediaType: expected a media type, got ""'],
    [{ digest: '../../etc' }, 'digest: expected a digest'],
  ])('refuses %j', (change, problem) => {
    expect(failure(() => decode({ ...good, ...change })).message).toContain(problem)
  })

  it.each([
    ['blake3:' + 'a'.repeat(64), 'UNSUPPORTED'],
    ['md5:' + 'a'.repeat(32), 'UNSUPPORTED'],
    ['sha256:' + 'A'.repeat(64), 'MANIFEST_INVALID'],
    ['sha256:aa', 'MANIFEST_INVALID'],
    ['blake3', 'MANIFEST_INVALID'],
  ])('calls the digest %s %s: an algorithm that is not supported is foreign, not wrong', (digest, code) => {
    expect(failure(() => decode({ ...good, digest })).code).toBe(code)
  })

  it.each([
    [{ urls: ['https://x', 3] }, {}, 'urls[1]: expected string, got 3; urls is ignored'],
    [
      { annotations: { a: 3, b: 'x', c: null } },
      { annotations: { b: 'x' } },
      'annotations.a: expected string; the value is ignored',
    ],
    [
      { platform: { os: 'linux' } },
      {},
      'platform.architecture: expected string, got nothing; platform is ignored',
    ],
    [
      { platform: { os: 'linux', architecture: 'x', 'os.features': 'f' } },
      { platform: { os: 'linux', architecture: 'x' } },
      'platform["os.features"]: expected a list of features, got "f"; os.features is ignored',
    ],
    [{ data: 3 }, {}, 'data: expected string, got 3; data is ignored'],
    [{ data: null, urls: null, platform: null, annotations: null, artifactType: null }, {}, undefined],
  ])('takes %j as %j', (change, taken, told) => {
    const notices: string[] = []
    const notice = (text: string): void => void notices.push(text)
    expect(decode({ ...good, ...change }, notice)).toEqual({ ...good, ...taken })
    expect(notices).toEqual(told === undefined ? [] : [told])
  })

  it('accepts urls, platform, data and annotations (S0-47)', () => {
    const value = {
      ...good,
      urls: ['https://example.test/x'],
      annotations: { __proto__x: '1' },
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      data: 'e30=',
      artifactType: 'a/b',
    }
    expect(decode(value)).toEqual(value)
  })
})
