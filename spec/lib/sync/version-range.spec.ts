import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseVersionRange, versionOfTag } from '../../../lib/sync/version-range.js'

describe('the version of a tag', () => {
  it.each([
    ['1', '1.0.0'],
    ['1.27', '1.27.0'],
    ['v1.2.3', '1.2.3'],
    ['2024.01.05', '2024.1.5'],
    ['3.0.0-rc.1', '3.0.0-rc.1'],
    ['1.27-alpine3.20', '1.27.0-alpine3.20'],
  ])('of %s is %s', (tag, version) => {
    expect(versionOfTag(tag)?.version).toBe(version)
  })

  it.each(['latest', '', 'v', '1.2.3.4', '1_2', '1.2.x', 'release-1', '1.0-', '99999999999999999.0'])(
    'is unknown for %j',
    (tag) => {
      expect(versionOfTag(tag)).toBeUndefined()
    },
  )

  it('never throws, and parts that are left out are 0', () => {
    fc.assert(fc.property(fc.string(), (text) => void versionOfTag(text)))
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (major, minor) => {
        expect(versionOfTag(`${major}.${minor}`)?.version).toBe(`${major}.${minor}.0`)
        expect(versionOfTag(`v${major}`)?.version).toBe(`${major}.0.0`)
      }),
    )
  })
})

describe('a range of versions', () => {
  it.each([
    ['>=1.2, <2', ['1.2', '1.9.9'], ['1.1', '2', '2.0-rc1', '1.5-rc1']],
    ['>= 1.2 < 2', ['1.2'], ['2']],
    ['^1.2', ['1.2', '1.9'], ['1.1', '2']],
    ['~1.2', ['1.2.5'], ['1.3']],
    ['1.x || >=3', ['1.0', '3', '9'], ['2']],
    ['>=1, !=1.5', ['1.4', '1.6'], ['1.5', '1.5.1']],
    ['=<1.5', ['1.5.9'], ['1.6']],
    ['=>1.5', ['1.5', '7'], ['1.4']],
    ['1.2 - 1.4', ['1.2', '1.4.9'], ['1.5']],
    ['*', ['0.1', '9'], ['9-rc1']],
    ['>=1.0-0', ['1.0-rc1', '1.5-rc1', '2'], ['0.9']],
  ])('%s', (text, inside, outside) => {
    const range = parseVersionRange(text)!
    for (const tag of inside) expect([tag, range.contains(versionOfTag(tag)!)]).toEqual([tag, true])
    for (const tag of outside) expect([tag, range.contains(versionOfTag(tag)!)]).toEqual([tag, false])
  })

  it.each(['', ' ', 'latest', '>=1 ||', '>=a', '!=x y'])('is not %j', (text) => {
    expect(parseVersionRange(text)).toBeUndefined()
  })

  it('of any text parses or is undefined', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseVersionRange(text)))
  })
})
