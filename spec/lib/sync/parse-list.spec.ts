import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { type ParseSyncListOptions, parseSyncList } from '../../../lib/sync/index.js'
import { textOf } from '../../support/source-tree.js'

const problemOf = (text: string, options: ParseSyncListOptions = {}): WindlassError => {
  try {
    parseSyncList(text, { path: 'sync.yml', ...options })
  } catch (error) {
    if (error instanceof WindlassError) return error
    throw error
  }
  throw new Error('the list was accepted')
}

describe('a list of images', () => {
  it('has the format of regsync if it has a list named sync, and otherwise that of skopeo', () => {
    expect(parseSyncList('sync: []')).toMatchObject({ format: 'regsync', entries: [] })
    expect(parseSyncList('sync: { images: { a: [] } }', { destination: 'r.example' })).toMatchObject({
      format: 'skopeo',
      entries: [{ source: 'docker.io/sync/a' }],
    })
  })

  it('needs a destination in the format of skopeo, and has none in that of regsync', () => {
    expect(problemOf('r.example: {}').message).toContain('states no target')
    expect(problemOf('sync: []', { destination: 'r.example' }).message).toContain('state their targets')
  })

  it.each(['r.example:5000@x', 'oci:dir:name', ''])('rejects the destination %j', (destination) => {
    expect(problemOf('r.example: {}', { destination }).code).toBe('USAGE')
  })

  it.each([
    ['', 1, 'it is empty'],
    ['a: [1\nb: 2', 2, 'Flow sequence'],
    ['a: 1\nb: 2\na: 3', 3, 'Map keys must be unique'],
    ['- a', 1, 'it must be a mapping, not a list'],
    ['a: *b', 1, 'Unresolved alias'],
  ])('that is not a mapping in YAML is rejected with its line: %j', (text, line, problem) => {
    const { message, code } = problemOf(text, { destination: 'r.example' })
    expect(code).toBe('USAGE')
    expect(message).toContain(`sync.yml, line ${line}: `)
    expect(message).toContain(problem)
  })

  it('that expands to gigabytes is rejected', () => {
    const levels = Array.from({ length: 12 }, (_, at) => {
      const items = at === 0 ? 'x' : Array.from({ length: 10 }, () => `*l${at - 1}`).join(', ')
      return `l${at}: &l${at} [${items}]`
    })
    expect(problemOf(levels.join('\n'), { destination: 'r.example' }).message).toContain('alias')
  })

  it('of any text either parses or fails with an error that names the file', () => {
    const word = fc.constantFrom(
      ...[
        'sync:',
        '- ',
        'source: a',
        'target: b',
        'type: image',
        'images:',
        '[',
        ']',
        '{',
        '}',
        '*a',
        '&a',
        '<<:',
      ],
      ...[
        'tags:',
        'newest: 1',
        'creds:',
        '\n',
        '\n  ',
        ': ',
        '"',
        '~',
        'null',
        '__proto__: 1',
        '---\n',
        '? ',
      ],
    )
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, 'r.example'), (list, destination) => {
        try {
          parseSyncList(list, { path: 'sync.yml', ...(destination !== undefined && { destination }) })
        } catch (error) {
          expect(error).toBeInstanceOf(WindlassError)
          expect((error as WindlassError).message).toContain('sync.yml')
        }
      }),
      {
        numRuns: 2_000,
        examples: [
          ['a: &a [*a]', 'r.example'],
          ['sync: &a [*a]', undefined],
        ],
      },
    )
  })
})

describe('docs/sync.md', () => {
  const page = textOf('docs/sync.md')
  const templates = { env: () => 'x', file: () => 'x' }

  it('has only lists that parse, of both formats', () => {
    const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
    const formats = blocks.map((text) => {
      const options = /^sync:/m.test(text) ? { templates } : { destination: 'r.example' }
      return parseSyncList(text, options).format
    })
    expect(formats).toEqual(['regsync', 'skopeo'])
  })

  it.each([
    ['an entry', 'sync: [{ no: x }]'],
    ['the filters', 'sync: [{ source: a, target: b, type: repository, tags: { no: x } }]'],
    ['the defaults', 'defaults: { no: x }\nsync: []'],
    ['a login', 'creds: [{ no: x }]\nsync: []'],
    ['a registry of skopeo', 'quay.io: { no: x }'],
  ])('names every key of %s', (_, text) => {
    const { hint = '' } = problemOf(text, text.includes('sync') ? {} : { destination: 'r.example' })
    const keys = hint.replace('The keys here are ', '').replace(/\.$/, '').split(', ')
    expect(keys.length).toBeGreaterThan(3)
    expect(keys.filter((key) => !page.includes(`\`${key}`) && !page.includes(`.${key}\``))).toEqual([])
  })
})
