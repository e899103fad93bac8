/** Finds the entry of the index that a user means by a name or a key. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { findEntries } from '../../../../lib/store/names/find-entry.js'
import { IndexDocument } from '../../../../lib/store/names/index-document.js'
import { entryDisplayName, entryArgument } from '../../../../lib/store/names/index-entry.js'
import { shellWord } from '../../../../lib/codec/shell-word.js'

const refName = 'org.opencontainers.image.ref.name'
const digest = (text: string) => digestOf(Buffer.from(text))
const mediaType = 'application/vnd.oci.image.manifest.v1+json'

const entriesOf = (...manifests: readonly unknown[]) =>
  IndexDocument.parse(JSON.stringify({ schemaVersion: 2, manifests }), 'index.json').entries
const entry = (content: string, name?: string) => ({
  ...{ mediaType, digest: digest(content), size: 2 },
  ...(name !== undefined && { annotations: { [refName]: name } }),
})

describe('a word for an image of the store', () => {
  const anyName = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', 'a b', 'MyApp', 'docker.io/library/alpine:3', '-x', '@0', digest('else')),
  )
  const anyEntry = fc.oneof(
    fc
      .tuple(fc.constantFrom('a', 'b', 'c'), fc.option(anyName, { nil: undefined }))
      .map(([content, name]) => entry(content, name)),
    fc.jsonValue(),
  )

  it('that is a key refers to its entry, named or not', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (manifests) => {
        const entries = entriesOf(...manifests)
        for (const each of entries) {
          const found = findEntries(entries, each.key)
          // The name of an entry may be the key of another entry.
          if (entries.some(({ name }) => name === each.key)) continue
          expect(found.map(({ key }) => key)).toContain(each.key)
          expect(new Set(found.map(({ key }) => key)).size).toBe(1)
        }
      }),
    )
  })

  it('that is a name refers to all entries with exactly this name', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (manifests) => {
        const entries = entriesOf(...manifests)
        for (const { name } of entries)
          if (name !== undefined)
            expect(findEntries(entries, name, 'any/reference')).toEqual(
              entries.filter((other) => other.name === name),
            )
      }),
    )
  })

  it('that a hint contains refers to the entry of the hint and can be typed in a command line', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 6 }), (manifests) => {
        const entries = entriesOf(...manifests)
        for (const each of entries) {
          const word = entryArgument(each)
          expect(entryDisplayName(each)).not.toMatch(/[\p{Cc}\p{Cf}]/u)
          expect(word).toMatch(/^[^-\s].*$/)
          const unquoted = word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word
          expect(
            findEntries(entries, unquoted).some(
              ({ digest: of, name }) => of === each.digest && name === each.name,
            ),
          ).toBe(true)
        }
      }),
    )
  })

  it.each([
    ['the exact name before the reference', 'alpine', 'docker.io/library/alpine:latest', ['alpine']],
    [
      'the reference where no name is exactly that',
      'alpine:latest',
      'docker.io/library/alpine:latest',
      ['docker.io/library/alpine:latest'],
    ],
    ['nothing', 'nothing', 'docker.io/library/nothing:latest', []],
  ])('takes %s', (_title, word, reference, expected) => {
    const entries = entriesOf(entry('a', 'alpine'), entry('b', 'docker.io/library/alpine:latest'))
    expect(findEntries(entries, word, reference).map(({ name }) => name)).toEqual(expected)
  })

  it('that is a digest refers to the entries without a name, otherwise to the only name', () => {
    const one = digest('a')
    const unnamed = entriesOf(entry('a', 'x'), entry('a'), entry('b', 'y'))
    expect(findEntries(unnamed, one)).toEqual([unnamed[1]])
    expect(findEntries(entriesOf(entry('a', 'x')), one.slice(0, 15)).map(({ name }) => name)).toEqual(['x'])
    expect(() => findEntries(entriesOf(entry('a', 'x'), entry('a', 'y')), one)).toThrow(
      /matches 2 images of the store/,
    )
    expect(findEntries(unnamed, 'sha256:abc')).toEqual([]) // three digits are too few
  })

  it('that is the start of two digests is ambiguous, even if both entries have no name', () => {
    const start = 'sha256:abcd'
    const two = ['0', '1'].map((rest) => ({ mediaType, digest: start + rest.repeat(60), size: 2 }))
    expect(() => findEntries(entriesOf(...two), start)).toThrow(/matches 2 images of the store/)
    expect(findEntries(entriesOf(...two), `${start}0`)).toHaveLength(1)
  })

  it('is quoted for a shell if necessary', () => {
    expect(['a/b:1', 'a b', "it's", '$(x)', '~'].map(shellWord)).toEqual([
      'a/b:1',
      `'a b'`,
      `'it'\\''s'`,
      `'$(x)'`,
      `'~'`,
    ])
  })
})
