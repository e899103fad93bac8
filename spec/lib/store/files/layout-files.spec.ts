import { describe, expect, it } from 'vitest'
import { isNewerLayout, layoutVersion } from '../../../../lib/store/files/layout-files.js'

describe('the version of a layout', () => {
  it.each(['2.0.0', '10.0.0', '', 'next'])('is of a future specification: %j', (version) => {
    expect(isNewerLayout(version)).toBe(true)
  })

  it.each([layoutVersion, '1.9.0', 2, undefined])('is none of a future specification: %j', (version) => {
    expect(isNewerLayout(version)).toBe(false)
  })
})
