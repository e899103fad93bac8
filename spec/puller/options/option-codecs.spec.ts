import { describe, expect, it } from 'vitest'
import * as codecs from '../../../puller/options/option-codecs.js'
import { pullPlan } from '../../../puller/options/plan-codec.js'
import { pullReport } from '../../../puller/options/report-codec.js'

describe('a codec of options', () => {
  it.each<[string, { is: (value: unknown) => boolean }, readonly unknown[], readonly unknown[]]>([
    ['whole number', codecs.wholeNumber(1), [1, 2 ** 53 - 1], [0, 1.5, 2 ** 53, NaN, Infinity, '1']],
    ['whole number within', codecs.wholeNumberWithin(1, 3), [1, 3], [0, 4, 1.5]],
    ['number within', codecs.numberWithin(0, 1), [0, 0.5, 1], [-0.1, 1.1, NaN]],
    ['time of a timer', codecs.milliseconds(1), [1, 2 ** 31 - 1], [0, 2 ** 31, Infinity]],
    ['finite number', codecs.finiteNumber, [-1, 0.5], [Infinity, NaN, '1']],
    ['text', codecs.text, ['a'], ['', 5, undefined]],
    ['path', codecs.path, ['a'], ['', 'a\0b']],
    ['header', codecs.headerValue, ['windlass/1 (x)'], ['', 'ä', 'a\nb', 'a\x7f']],
    ['list of texts', codecs.texts, [[], ['']], [[1], 'a']],
    ['choice', codecs.oneOf('a', 'b'), ['a', 'b'], ['c', '']],
    ['signal', codecs.abortSignal, [new AbortController().signal], [{ aborted: true }, null]],
    ['record', codecs.recordOf('r', codecs.text, (key) => key !== ''), [{ a: 'b' }], [{ '': 'b' }, { a: 1 }]],
  ])('accepts what is a %s, and nothing else', (_, codec, valid, invalid) => {
    expect(valid.filter((value) => !codec.is(value))).toEqual([])
    expect(invalid.filter((value) => codec.is(value))).toEqual([])
  })

  it('of a list refuses items that are empty or that its check refuses', () => {
    const list = codecs.listOf('even texts', (item) => {
      if (item.length % 2 !== 0) throw new Error('odd')
    })
    expect([[], ['ab']].every((value) => list.is(value))).toBe(true)
    expect([['ab', 'a'], [''], [2], 'ab'].filter((value) => list.is(value))).toEqual([])
  })

  it('takes plain objects only, also of another realm', () => {
    expect([{}, Object.create(null)].every(codecs.isRecord)).toBe(true)
    const other: unknown = Object.create(Object.create(null) as object)
    expect(codecs.isRecord(other)).toBe(true)
    expect([null, [], new Date(), new URL('http://a'), new Map(), 'a'].filter(codecs.isRecord)).toEqual([])
  })
})

describe('a plan that is given to a pull', () => {
  const digest = `sha256:${'1'.repeat(64)}`
  const layer = { digest, size: 5, offset: 0, action: 'download' }
  const plan = { name: 'a', requestedPlatform: 'linux/amd64', digest, layers: [layer] }

  it('has all that the pull uses', () => {
    expect(pullPlan.is(plan)).toBe(true)
    expect(pullPlan.is({ ...plan, layers: [] })).toBe(true)
    const wrong = [
      ...[null, [], { ...plan, name: '' }, { ...plan, requestedPlatform: undefined }],
      ...[
        { ...plan, digest: 'sha256:1' },
        { ...plan, layers: {} },
      ],
      ...[{ digest: 'x' }, { size: -1 }, { offset: 0.5 }, { action: 'fetch' }].map((change) => ({
        ...{ ...plan, layers: [layer, { ...layer, ...change }] },
      })),
    ]
    expect(wrong.filter((each) => pullPlan.is(each))).toEqual([])
  })
})

describe('a report that is given to a retry', () => {
  const pulled = { name: 'a', attempts: 1, duration: 5, bytes: { total: 5, downloaded: 5 }, image: {} }
  const { image, ...rest } = pulled
  const failed = { ...rest, error: { retryable: true } }
  const report = { duration: 5, outcomes: [pulled, failed] }

  it('has all that the retry uses', () => {
    expect(image).toEqual({})
    expect(pullReport.is(report)).toBe(true)
    const wrong = [
      ...[
        { ...report, duration: '5' },
        { ...report, outcomes: {} },
      ],
      ...[
        { name: 1 },
        { attempts: '1' },
        { duration: null },
        { bytes: { total: 5 } },
        { bytes: { downloaded: 5 } },
      ].map((change) => ({ ...report, outcomes: [failed, { ...pulled, ...change }] })),
      { ...report, outcomes: [rest] },
      { ...report, outcomes: [{ ...rest, error: { retryable: 'yes' } }] },
      { ...report, outcomes: [{ ...rest, error: {} }] },
    ]
    expect(wrong.filter((each) => pullReport.is(each))).toEqual([])
  })
})
