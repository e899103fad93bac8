import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type TagFilter, selectTags } from '../../../lib/sync/index.js'
import { versionOfTag } from '../../../lib/sync/version-range.js'
import { compile, wholePattern } from '../../../lib/sync/select-tags.js'

const filter = (more: Partial<TagFilter>): TagFilter => ({ allow: [], deny: [], semverRange: [], ...more })
const tags = ['1.0', '1.1', '1.1.0', '1.2-rc1', '2.0', 'v3.0', 'edge', 'latest']

const tag = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,12}$/)
const version = fc
  .tuple(fc.nat(5), fc.option(fc.nat(5)), fc.option(fc.nat(5)))
  .map(([major, minor, patch]) =>
    [major, minor, minor === null ? null : patch].filter((each) => each !== null).join('.'),
  )

describe('the selection of tags', () => {
  it('is all tags without a filter, in their order', () => {
    expect(selectTags(tags, [])).toEqual(tags)
  })

  it('needs one allowed pattern, no denied one, and a version in a range', () => {
    expect(selectTags(tags, [filter({ allow: ['^1'], deny: ['rc'] })])).toEqual(['1.0', '1.1', '1.1.0'])
    expect(selectTags(tags, [filter({ allow: ['^.*0$'], semverRange: ['>=2', '1.0'] })])).toEqual([
      '1.0',
      '2.0',
      'v3.0',
    ])
  })

  it('is that of any of several filters, each tag once', () => {
    expect(
      selectTags(tags, [filter({ allow: ['edge', '^1\\.0$'] }), filter({ allow: ['^1\\.0$'] })]),
    ).toEqual(['1.0', 'edge'])
  })

  it('counts equal versions once, and leaves out what is no version, if the newest are wanted', () => {
    expect(selectTags(tags, [filter({ newest: 2 })])).toEqual(['2.0', 'v3.0'])
    expect(selectTags(tags, [filter({ newest: 1, allow: ['^1\\.[01]'] })])).toEqual(['1.1', '1.1.0'])
    expect(selectTags(tags, [filter({ newest: 1 })], { limited: false })).toEqual(
      tags.filter((each) => versionOfTag(each) !== undefined),
    )
  })

  it('with the newest is a part of the selection without, and has the highest versions of it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(version, tag)), fc.integer({ min: 1, max: 4 }), (all, newest) => {
        const [some, every] = [true, false].map((limited) =>
          selectTags(all, [filter({ newest })], { limited }),
        )
        expect(every).toEqual(expect.arrayContaining([...some!]))
        const rest = every!.filter((each) => !some!.includes(each))
        for (const low of rest)
          for (const high of some!) expect(versionOfTag(low)!.compare(versionOfTag(high)!)).toBeLessThan(0)
        expect(new Set(some!.map((each) => versionOfTag(each)!.version)).size).toBeLessThanOrEqual(newest)
      }),
    )
  })

  it('keeps the order of the tags, and selects nothing twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(tag), fc.array(fc.constantFrom('a', '[0-9]', '.*', 'x|y')), (all, allow) => {
        const selected = selectTags(all, [filter({ allow }), filter({ newest: 2 })])
        expect(selected).toEqual(all.filter((each) => selected.includes(each)))
      }),
    )
  })
})

describe('a pattern of a whole tag', () => {
  it('matches at both ends, also with alternatives', () => {
    expect(['a', 'ab', 'b', 'ba'].filter((each) => compile(wholePattern('a|b')).test(each))).toEqual([
      'a',
      'b',
    ])
  })

  it('understands the flag of Go for any case', () => {
    expect(compile(wholePattern('(?i)RC\\d')).test('rc1')).toBe(true)
    expect(compile('(?i)RC').test('1.0-rc1')).toBe(true)
  })

  it('is rejected if it is not a regular expression', () => {
    for (const wrong of ['(', '[', '\\z', 'a{2,1}']) expect(() => wholePattern(wrong)).toThrow(SyntaxError)
  })
})
