import { describe, expect, it } from 'vitest'
import { digestOf, parseImageConfig } from '../../../../lib/image/index.js'

const rootfs = { type: 'layers', diff_ids: [] }
const bytesOf = (more: object = {}): Buffer => Buffer.from(JSON.stringify({ rootfs, ...more }))
const arm = { os: 'linux', architecture: 'arm', variant: 'v7' }

describe('the config of an image', () => {
  it('may have as many bytes as the limit says', () => {
    const bytes = bytesOf({ os: 'linux', architecture: 'amd64' })
    expect(parseImageConfig(bytes, { maxBytes: bytes.length })).toMatchObject({ os: 'linux' })
    expect(() => parseImageConfig(bytes, { maxBytes: bytes.length - 1 })).toThrow(/configBytes/)
  })

  it('must have the size and the digest that the manifest states', () => {
    const bytes = bytesOf()
    const [size, digest] = [bytes.length, digestOf(bytes, 'sha512')]
    parseImageConfig(bytes, { size, digest })
    expect(() => parseImageConfig(bytes, { size: size + 1, digest })).toThrow(/but the manifest states/)
    expect(() => parseImageConfig(bytes, { digest: digestOf(Buffer.of(1), 'sha512') })).toThrow(
      /^image config verification failed for digest sha512:/,
    )
  })

  it.each([
    [{}, arm, 'os and architecture'],
    [{ os: 'linux' }, arm, 'architecture'],
    [{ architecture: 'arm' }, { os: 'linux', architecture: 'arm' }, 'os'],
    [{ architecture: 'arm', variant: 'v6' }, { ...arm, variant: 'v6' }, 'os'],
    [{ variant: 'v6' }, { ...arm, variant: 'v6' }, 'os and architecture'],
  ])(
    'has the parts of the platform that it does not state from the request: %j',
    (stated, platform, missing) => {
      const notices: string[] = []
      const config = parseImageConfig(bytesOf(stated), {
        platform: arm,
        notice: (text) => notices.push(text),
      })
      expect({ os: config.os, architecture: config.architecture }).toEqual({
        ...{ os: platform.os, architecture: platform.architecture },
      })
      expect(config.variant).toBe('variant' in platform ? platform.variant : undefined)
      expect(notices).toEqual([expect.stringMatching(`^it states no ${missing}; linux/arm`)])
    },
  )

  it.each([
    ['OS', { OS: 'linux' }],
    ['Diff_IDs', { rootfs: { ...rootfs, Diff_IDs: [] } }],
  ])('must not have a key that differs from a known one only in case: %s', (key, more) => {
    expect(() => parseImageConfig(bytesOf(more))).toThrow(`the key "${key}" differs only in case`)
  })
})
