import { describe, expect, it } from 'vitest'
import {
  compareWindowsNewestFirst,
  windowsImageRuns,
} from '../../../../lib/image/platform/windows-version.js'

describe('a Windows host', () => {
  it('with a stable build runs images back to the previous stable build', () => {
    for (const image of [20348, 22621, 26100])
      expect(windowsImageRuns('10.0.26100', `10.0.${image}.1`)).toBe(true)
    expect(windowsImageRuns('10.0.26100', '10.0.20347.1')).toBe(false)
  })

  it('with the first stable build, or an earlier build, runs images of its own build only', () => {
    for (const build of [17763, 20348]) {
      expect(windowsImageRuns(`10.0.${build}`, `10.0.${build}.1`)).toBe(true)
      expect(windowsImageRuns(`10.0.${build}`, `10.0.${build - 1}.1`)).toBe(false)
      expect(windowsImageRuns(`10.0.${build}`, `10.0.${build + 1}.1`)).toBe(false)
    }
  })
})

describe('versions of Windows images', () => {
  it('are sorted by their numbers, the newest first and empty versions last', () => {
    const sorted = ['10.0.20348.10', '10.0.20348.9', '10.0.17763', '10.0', '']
    expect(sorted.toReversed().sort(compareWindowsNewestFirst)).toEqual(sorted)
  })
})
