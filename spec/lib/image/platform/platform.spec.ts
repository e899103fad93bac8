import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { armVariant } from '../../../../lib/image/platform/host-platform.js'
import {
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
} from '../../../../lib/image/platform/platform.js'
import { failure, tolerant } from '../../../support/image/failure.js'

const host = hostPlatform()

describe('parsePlatform', () => {
  // From the tests of containerd/platforms.
  it.each([
    ['linux/arm64', { os: 'linux', architecture: 'arm64' }, 'linux/arm64'],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }, 'linux/arm64/v8'],
    ['linux/arm', { os: 'linux', architecture: 'arm' }, 'linux/arm'],
    ['linux/arm/v6', { os: 'linux', architecture: 'arm', variant: 'v6' }, 'linux/arm/v6'],
    ['linux/arm/7', { os: 'linux', architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
    ['arm', { os: host.os, architecture: 'arm' }, `${host.os}/arm`],
    ['armel', { os: host.os, architecture: 'arm', variant: 'v6' }, `${host.os}/arm/v6`],
    ['Aarch64', { os: host.os, architecture: 'arm64' }, `${host.os}/arm64`],
    ['Linux/x86_64', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
    ['i386', { os: host.os, architecture: '386' }, `${host.os}/386`],
    ['macOS/arm64', { os: 'darwin', architecture: 'arm64' }, 'darwin/arm64'],
    ['windows()/amd64', { os: 'windows', architecture: 'amd64' }, 'windows/amd64'],
    [
      'windows(10.0.17763+win32k)/amd64',
      { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763', 'os.features': ['win32k'] },
      'windows(10.0.17763+win32k)/amd64',
    ],
    [
      'linux(+unsorted+erofs)/amd64',
      { os: 'linux', architecture: 'amd64', 'os.features': ['unsorted', 'erofs'] },
      'linux(+erofs+unsorted)/amd64',
    ],
    [
      'windows(10.0.17763%2Bbuild.42)/amd64',
      { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763+build.42' },
      'windows(10.0.17763%2Bbuild.42)/amd64',
    ],
  ])('%s', (text, expected, formatted) => {
    const platform = parsePlatform(text)
    expect(platform).toEqual(expected)
    expect(formatPlatform(platform)).toBe(formatted)
    expect(parsePlatform(formatted)).toEqual({
      ...platform,
      ...(platform['os.features'] && { 'os.features': [...platform['os.features']].sort() }),
    })
  })

  it('uses the architecture of this host if only the operating system is given', () => {
    expect(parsePlatform('linux')).toMatchObject({ os: 'linux', architecture: host.architecture })
  })

  it.each([
    '',
    '/linux/arm',
    'linux/arm/',
    'linux//arm',
    'linux/arm/v7/x',
    'linux/&arm',
    'linux/*',
    '*/*',
    'nonsense',
    'windows(/amd64',
    'windows(1.0))/amd64',
    'windows(1%)/amd64',
    'linux(+)/amd64',
    'linux\n/amd64',
  ])('refuses %j', (text) => {
    expect(failure(() => parsePlatform(text)).code).toBe('PLATFORM_INVALID')
  })

  it('throws only WindlassErrors, and parses what formatPlatform returns', () => {
    const near = fc.string({
      unit: fc.constantFrom('linux', 'arm', '64', 'v8', '/', '(', ')', '+', '%2F', '.'),
    })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        const platform = tolerant(() => parsePlatform(text))
        if (platform === undefined) return
        const formatted = formatPlatform(platform)
        expect(formatPlatform(parsePlatform(formatted))).toBe(formatted)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('formatPlatform', () => {
  it('prints hostile platforms on one line', () => {
    expect(formatPlatform({ os: 'li\u001b[2Jnux', architecture: 'a\nb' })).toBe('li\\u{1b}[2Jnux/a\\u{a}b')
    expect(formatPlatform({ os: '', architecture: 'x' })).toBe('unknown')
  })
})

describe('normalizePlatform', () => {
  it.each([
    ['x86_64', '', 'linux/amd64'],
    ['x86-64', 'v1', 'linux/amd64'],
    ['AMD64', 'V2', 'linux/amd64/v2'],
    ['aarch64', '', 'linux/arm64'],
    ['arm64', '8', 'linux/arm64'],
    ['arm64', 'v8.0', 'linux/arm64'],
    ['arm64', '9.0', 'linux/arm64/v9'],
    ['armhf', '', 'linux/arm/v7'],
    ['armel', '', 'linux/arm/v6'],
    ['arm', '', 'linux/arm/v7'],
    ['arm', '5', 'linux/arm/v5'],
    ['i386', 'x', 'linux/386'],
    ['riscv64', '', 'linux/riscv64'],
  ])('%s %s is %s', (architecture, variant, expected) => {
    const normal = normalizePlatform({ os: 'Linux', architecture, variant })
    expect(formatPlatform(normal)).toBe(expected)
    expect(normalizePlatform(normal)).toEqual(normal)
  })

  it('sorts features and removes duplicates', () => {
    const features = normalizePlatform({ os: 'linux', architecture: 'arm64', 'os.features': ['b', 'a', 'b'] })
    expect(features['os.features']).toEqual(['a', 'b'])
  })
})

describe('hostPlatform', () => {
  it('uses the names of the image-spec, normalised', () => {
    expect(['linux', 'windows', 'freebsd']).toContain(host.os)
    expect(normalizePlatform(host)).toEqual(host)
    const words = { x64: 'amd64', ia32: '386' } as Record<string, string>
    expect(host.architecture).toBe(words[process.arch] ?? host.architecture)
  })

  it('derives the variant of 32-bit ARM from the machine name', () => {
    expect(['armv7l', 'armv6l', 'armv5tejl', 'aarch64', 'x86_64'].map(armVariant)).toEqual([
      'v7',
      'v6',
      'v5',
      'v8',
      undefined,
    ])
  })
})
