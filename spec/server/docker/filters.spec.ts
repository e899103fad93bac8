import { describe, expect, it } from 'vitest'
import { parseReference, digestOf } from '../../../lib/image/index.js'
import type { DockerImage } from '../../../server/docker/docker-images.js'
import { filtersOf, passes, withMatchingNames } from '../../../server/docker/filters.js'

const digest = digestOf(Buffer.from('a manifest'))
const imageOf = (
  id: string,
  created: string,
  names: readonly string[],
  labels?: Readonly<Record<string, string>>,
): DockerImage => ({
  id: digestOf(Buffer.from(id)),
  image: { config: { created, config: { Labels: labels } } } as unknown as DockerImage['image'],
  names: names.map((name) => ({ entry: name, reference: parseReference(name), digest })),
  ...{ unnamed: [], others: [] },
})
const old = imageOf('old', '2020-01-01T00:00:00Z', ['quay.io/team/app:1', 'alpine:3'], {
  team: 'blue',
  'a=b': '',
})
const recent = imageOf('recent', '2024-06-01T12:00:00Z', ['quay.io/team/app:2'], { team: 'red=green' })
const dangling = imageOf('dangling', '2022-01-01T00:00:00Z', [`quay.io/team/app@${digest}`])
const all = [old, recent, dangling]
const now = Date.parse('2024-06-01T13:00:00Z')
const known = ['dangling', 'label', 'label!', 'reference', 'before', 'since', 'until']

const passing = (filters: object): string[] => {
  const parsed = filtersOf(JSON.stringify(filters), known)
  const names = ['old', 'recent', 'dangling']
  return all.flatMap((each, at) => (passes(each, parsed, all, now) ? [names[at]!] : []))
}

describe('the filters of a list', () => {
  it.each<[object, string[]]>([
    [{}, ['old', 'recent', 'dangling']],
    [{ dangling: [] }, ['old', 'recent', 'dangling']],
    [{ dangling: ['true'] }, ['dangling']],
    [{ until: ['0.5h'] }, ['old', 'recent', 'dangling']],
    [{ 'label!': ['team', 'none'] }, ['dangling']],
    [{ reference: ['alpine.3'] }, []],
    [{ dangling: ['1'] }, ['dangling']],
    [{ dangling: ['F'] }, ['old', 'recent']],
    [{ dangling: ['true', 'false'] }, ['old', 'recent', 'dangling']],
    [{ dangling: { true: true } }, ['dangling']],
    [{ dangling: { true: false } }, ['old', 'recent', 'dangling']],
    [{ label: ['team'] }, ['old', 'recent']],
    [{ label: ['team=blue'] }, ['old']],
    [{ label: ['team=red=green'] }, ['recent']],
    [{ label: ['team='] }, []],
    [{ label: ['team', 'other'] }, []],
    [{ label: ['toString'] }, []],
    [{ 'label!': ['team'] }, ['dangling']],
    [{ 'label!': ['team=blue'] }, ['recent', 'dangling']],
    [{ reference: ['alpine'] }, ['old']],
    [{ reference: ['docker.io/library/alpine:3'] }, ['old']],
    [{ reference: ['alpine:4'] }, []],
    [{ reference: ['quay.io/*/app:?'] }, ['old', 'recent']],
    [{ reference: ['quay.io/*/app'] }, ['old', 'recent', 'dangling']],
    [{ reference: ['quay.io/*'] }, []],
    [{ reference: ['quayxio/team/app'] }, []],
    [{ reference: ['alpine', '*/team/app:2'] }, ['old', 'recent']],
    [{ before: ['quay.io/team/app:2'] }, ['old', 'dangling']],
    [{ since: ['alpine:3'] }, ['recent', 'dangling']],
    [{ since: ['alpine:3'], before: ['quay.io/team/app:2'] }, ['dangling']],
    [{ before: [recent.id] }, ['old', 'dangling']],
    [{ before: [recent.id.slice('sha256:'.length, 20)] }, ['old', 'dangling']],
    [{ until: ['2022-01-01T00:00:00Z'] }, ['old']],
    [{ until: ['2022-01-01T00:00:01Z'] }, ['old', 'dangling']],
    [{ until: [String(Date.parse('2022-01-01T00:00:00Z') / 1000 + 1)] }, ['old', 'dangling']],
    [{ until: ['59m'] }, ['old', 'recent', 'dangling']],
    [{ until: ['1h'] }, ['old', 'dangling']],
    [{ until: ['1h0.5m'] }, ['old', 'dangling']],
    [{ until: ['3599s'] }, ['old', 'recent', 'dangling']],
  ])('select by %o', (filters, expected) => {
    expect(passing(filters)).toEqual(expected)
  })

  it.each<[object | string, number]>([
    ['{', 400],
    ['[]', 400],
    ['{"label": "team"}', 400],
    ['{"label": [1]}', 400],
    [{ no: ['x'] }, 400],
    [{ dangling: ['yes'] }, 400],
    [{ until: ['soon'] }, 400],
    [{ until: ['1d'] }, 400],
    [{ before: ['nope'] }, 404],
    [{ since: ['nope'] }, 404],
  ])('are refused: %j', (filters, status) => {
    const text = typeof filters === 'string' ? filters : JSON.stringify(filters)
    expect(() => passes(old, filtersOf(text, known), all, now)).toThrow(expect.objectContaining({ status }))
  })

  it('are none without a text, and only those that a request knows', () => {
    for (const text of [undefined, '']) expect(filtersOf(text, []).size).toBe(0)
    expect(() => filtersOf('{"label":["a"]}', ['dangling'])).toThrow("invalid filter 'label'")
  })

  it('show of an image the names that match', () => {
    const shown = (filters: object) =>
      withMatchingNames(old, filtersOf(JSON.stringify(filters), known)).names.map(({ entry }) => entry)
    expect(shown({ reference: ['alpine'] })).toEqual(['alpine:3'])
    expect(shown({ reference: [] })).toEqual(['quay.io/team/app:1', 'alpine:3'])
    expect(shown({ label: ['x'] })).toEqual(['quay.io/team/app:1', 'alpine:3'])
  })
})
