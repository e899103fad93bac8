import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Descriptor } from '../../../../lib/image/documents/descriptor.js'
import { digestOf } from '../../../../lib/image/digest/digest.js'
import { matchPlatform } from '../../../../lib/image/documents/match-platform.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import { type Platform, formatPlatform, parsePlatform } from '../../../../lib/image/platform/platform.js'
import { platformVector } from '../../../../lib/image/platform/platform-vector.js'

let count = 0
const entry = (platform?: Platform, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: mediaTypes.ociManifest,
  digest: digestOf(Buffer.from(String(count++))),
  size: 1,
  ...(platform && { platform }),
  ...more,
})
const entries = (...platforms: string[]): Descriptor[] => platforms.map((text) => entry(parsePlatform(text)))
const shown = (descriptors: readonly Descriptor[]): string[] =>
  descriptors.map(({ platform }) => (platform ? formatPlatform(platform) : 'none'))
const matched = (wanted: string, ...offered: string[]): string[] =>
  shown(matchPlatform(parsePlatform(wanted), entries(...offered)))

const arm = ['linux/arm', 'linux/arm/v5', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm/v8']
const arm64 = ['linux/arm64', 'linux/arm64/v8']
const v8 = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `linux/arm64/v8.${n + from}`)
const others = ['windows/amd64', 'windows/arm', 'linux/arm/v4', 'linux/s390x']

describe('matchPlatform', () => {
  // The tables of containerd/platforms compare_test.go (TestOnly): the wanted platform, platforms that match, platforms that do not.
  it.each([
    ['linux/amd64', ['linux/amd64', 'linux/386'], ['linux/amd64/v2', 'linux/arm/v7', ...arm64]],
    [
      'linux/amd64/v2',
      ['linux/amd64', 'linux/amd64/v1', 'linux/amd64/v2', 'linux/386'],
      ['linux/amd64/v3', 'linux/amd64/v4', ...arm64],
    ],
    ['linux/386', ['linux/386'], ['linux/amd64', ...arm]],
    ['windows/amd64', ['windows/amd64', 'windows(10.0.17763)/amd64'], ['linux/amd64', 'windows/arm64']],
    ['linux/arm/v8', arm, ['linux/amd64', 'linux/arm64']],
    ['linux/arm/v7', arm.slice(0, 4), ['linux/arm/v8', 'linux/arm64']],
    ['linux/arm/v6', ['linux/arm/v5', 'linux/arm/v6'], ['linux/arm', 'linux/arm/v7', 'linux/arm/v8']],
    ['linux/arm/v5', ['linux/arm/v5'], ['linux/arm', 'linux/arm/v6']],
    ['linux/arm64', [...arm, ...arm64], ['linux/arm64/v9', 'linux/arm64/v8.1', 'linux/amd64']],
    ['linux/arm64/v8.1', [...arm, ...arm64, 'linux/arm64/v8.1'], ['linux/arm64/v8.2', 'linux/arm64/v9']],
    [
      'linux/arm64/v9',
      [...arm, ...arm64, ...v8(1, 5), 'linux/arm64/v9', 'linux/arm64/v9.0'],
      ['linux/arm64/v8.6', 'linux/arm64/v9.1'],
    ],
    [
      'linux/arm64/v9.6',
      [...arm, ...arm64, ...v8(1, 9), 'linux/arm64/v9', 'linux/arm64/v9.1', 'linux/arm64/v9.6'],
      ['linux/arm64/v9.7', 'linux/arm64/v8.10'],
    ],
    ['linux/arm64/v10', ['linux/arm64/v10'], [...arm, ...arm64]],
  ])('%s (S2-78, S4-21)', (wanted, fit, unfit) => {
    const result = matched(
      wanted,
      ...fit,
      ...unfit,
      ...others.filter((text) => !fit.includes(text) && !wanted.startsWith('windows')),
    )
    expect([...result].sort()).toEqual(fit.map((text) => formatPlatform(parsePlatform(text))).sort())
  })

  it('sorts the platform itself first, then its fallbacks', () => {
    expect(matched('linux/arm64', ...arm, 'linux/arm64')).toEqual([
      'linux/arm64',
      'linux/arm/v8',
      'linux/arm',
      'linux/arm/v7',
      'linux/arm/v6',
      'linux/arm/v5',
    ])
    expect(matched('linux/amd64/v3', 'linux/386', 'linux/amd64', 'linux/amd64/v2')).toEqual([
      'linux/amd64/v2',
      'linux/amd64',
      'linux/386',
    ])
    expect(matched('linux/arm64/v9.1', 'linux/arm64', 'linux/arm64/v8.6', 'linux/arm64/v9')).toEqual([
      'linux/arm64/v9',
      'linux/arm64/v8.6',
      'linux/arm64',
    ])
  })

  it('keeps the order of the index among equals', () => {
    const twice = entries('linux/amd64', 'linux/amd64')
    expect(matchPlatform(parsePlatform('linux/amd64'), twice)).toEqual(twice)
  })

  it('sorts images with the most requested features first, and those with unrequested ones last', () => {
    const offered = [
      'linux/amd64',
      'linux(+f2)/amd64',
      'linux(+f1)/amd64',
      'linux(+f1+f2)/amd64',
      'linux(+x)/amd64',
    ]
    expect(matched('linux(+f1+f2)/amd64', ...offered)).toEqual([
      'linux(+f1+f2)/amd64',
      'linux(+f2)/amd64',
      'linux(+f1)/amd64',
      'linux/amd64',
      'linux(+x)/amd64',
    ])
    expect(matched('linux/amd64', ...offered)[0]).toBe('linux/amd64')
    expect(matched('linux/amd64', 'linux(+x)/amd64')).toEqual(['linux(+x)/amd64'])
    expect(matched('windows/amd64', 'windows(10.0.1+x)/amd64')).toEqual([])
    expect(matched('windows/amd64', 'windows(10.0.1+win32k)/amd64')).toHaveLength(1)
  })

  // From containerd/platforms platform_windows_compat_test.go: the build of the host, the build of the image, whether the image runs.
  it.each([
    [17763, 17763, true],
    [17763, 20348, false],
    [20348, 17763, false],
    [20348, 20348, true],
    [22621, 17763, false],
    [22621, 20348, true],
    [25398, 20348, true],
    [26100, 20348, true],
    [20348, 26100, false],
    [20348, 22621, false],
    [26100, 22621, true],
  ])('Windows build %i with an image of %i: %s', (on, of, runs) => {
    const fits = matched(`windows(10.0.${on})/amd64`, `windows(10.0.${of}.4711)/amd64`)
    expect(fits).toHaveLength(runs ? 1 : 0)
  })

  it('selects the newest matching Windows version, and treats a shorter version as a prefix', () => {
    const offered = ['windows/amd64', 'windows(10.0.20348.9)/amd64', 'windows(10.0.20348.10)/amd64']
    expect(matched('windows(10.0.20348.1)/amd64', ...offered)).toEqual([...offered].reverse())
    expect(matched('windows(10.0)/amd64', 'windows(10.0.17763)/amd64', 'windows(10.00.1)/amd64')).toEqual([
      'windows(10.0.17763)/amd64',
    ])
    expect(matched('windows(10.0.20348)/amd64', 'windows(6.1.20348)/amd64', 'windows(x)/amd64')).toEqual([])
  })

  it('sorts entries without a platform last, because only their configs state it', () => {
    const [plain, fitting] = [entry(), entry({ os: 'linux', architecture: '386' })]
    expect(matchPlatform(parsePlatform('linux/amd64'), [plain, fitting])).toEqual([fitting, plain])
  })

  it('never matches attestations, other attachments, or entries that are not manifests', () => {
    const amd64 = { os: 'linux', architecture: 'amd64' }
    const never = [
      entry({ os: 'unknown', architecture: 'unknown' }),
      entry(undefined, { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
      entry(amd64, { artifactType: 'application/spdx+json' }),
      entry(amd64, { mediaType: mediaTypes.ociConfig }),
      entry(undefined, { mediaType: 'application/vnd.example+json' }),
    ]
    expect(matchPlatform(amd64, never)).toEqual([])
    expect(matchPlatform({ os: 'unknown', architecture: 'unknown' }, never)).toEqual([])
    expect(matchPlatform(amd64, [entry(amd64, { artifactType: mediaTypes.ociConfig })])).toHaveLength(1)
  })

  it('selects the same entry whatever else the index lists', () => {
    const platform = fc.record({
      os: fc.constantFrom('linux', 'windows'),
      architecture: fc.constantFrom('amd64', 'arm', 'arm64', '386'),
      variant: fc.constantFrom('v5', 'v7', 'v8', 'v9'),
    })
    fc.assert(
      fc.property(platform, fc.array(platform), (wanted, offered) => {
        const index = offered.map((one) => entry(one))
        const result = matchPlatform(wanted, index)
        expect(index).toEqual(expect.arrayContaining(result))
        expect(matchPlatform(wanted, result)).toEqual(result)
        const exact = entry(wanted)
        expect(matchPlatform(wanted, [...index, exact])).toContain(exact)
      }),
      { numRuns: 300 },
    )
  })
})

describe('platformVector', () => {
  it('starts with the platform itself and lists nothing twice', () => {
    for (const text of [
      'linux/amd64/v3',
      'linux/arm64/v9.2',
      'linux/arm/v8',
      'linux/s390x',
      'linux/amd64/3',
    ]) {
      const vector = platformVector(parsePlatform(text)).map(formatPlatform)
      expect(vector[0]).toBe(text)
      expect(new Set(vector).size).toBe(vector.length)
    }
  })
})
