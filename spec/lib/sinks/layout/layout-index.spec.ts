import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Descriptor, parseDigest } from '../../../../lib/image/index.js'
import {
  findDigest,
  indexTextWithImage,
  indexTextWithout,
  namesIn,
  parseLayoutIndex,
} from '../../../../lib/sinks/layout/layout-index.js'

const image: Descriptor = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: parseDigest(`sha256:${'a'.repeat(64)}`),
  size: 7,
}
const refName = 'org.opencontainers.image.ref.name'
const name = fc.constantFrom('a', 'b', 'c', undefined)
/** Entries as any tool may write them: with or without a name, or invalid. */
const entry = fc.oneof(
  fc.record({ digest: fc.constantFrom(image.digest, 'sha256:b'), name, extra: fc.string() }).map((each) => ({
    digest: each.digest,
    extra: each.extra,
    ...(each.name !== undefined && { annotations: { [refName]: each.name, kept: 'yes' } }),
  })),
  fc.constantFrom<unknown>(null, 1, 'x', [], {}),
)
const nameOf = (each: unknown): unknown =>
  (each as { annotations?: Record<string, unknown> } | null)?.annotations?.[refName]

describe('the list of a layout', () => {
  it('keeps every other entry, unchanged and in its order', () => {
    fc.assert(
      fc.property(fc.array(entry), name, (entries, added) => {
        const before = parseLayoutIndex(JSON.stringify({ schemaVersion: 2, manifests: entries, more: 1 }))!
        const after = parseLayoutIndex(indexTextWithImage(before, image, added))!
        const isOther = (each: unknown): boolean =>
          added === undefined
            ? nameOf(each) !== undefined || (each as { digest?: string } | null)?.digest !== image.digest
            : nameOf(each) !== added
        expect(after.entries.filter(isOther)).toEqual(entries.filter(isOther))
        const ours = after.entries.filter((each) => !isOther(each))
        expect(ours).toHaveLength(1)
        expect(ours[0]).toMatchObject({ ...image })
        expect(after.document).toMatchObject({ schemaVersion: 2, more: 1 })
        if (added !== undefined) expect(findDigest(after, added)).toBe(image.digest)
      }),
    )
  })

  it('does not change if the image is added again', () => {
    fc.assert(
      fc.property(fc.array(entry), name, (entries, added) => {
        const once = indexTextWithImage({ document: {}, entries }, image, added)
        expect(indexTextWithImage(parseLayoutIndex(once)!, image, added)).toBe(once)
      }),
    )
  })

  it.each([
    ['the same image', image.digest, { extra: 'x', kept: 'yes' }],
    ['another image', `sha256:${'b'.repeat(64)}`, {}],
  ])('takes over fields and annotations only from an entry of the same image: %s', (_, digest, expected) => {
    const old = { mediaType: 'x', digest, size: 1, extra: 'x', annotations: { [refName]: 'a', kept: 'yes' } }
    const text = indexTextWithImage({ document: {}, entries: [old] }, image, 'a')
    const [entry] = parseLayoutIndex(text)!.entries as { annotations: Record<string, string> }[]
    const { annotations, ...fields } = entry!
    const { kept, extra } = expected as { kept?: string; extra?: string }
    expect(fields).toEqual({ ...image, ...(extra !== undefined && { extra }) })
    expect(annotations).toEqual({ [refName]: 'a', ...(kept !== undefined && { kept }) })
  })

  it.each(['', 'x', '[]', 'null', '{"manifests":1}'])('cannot be parsed from %s', (text) => {
    expect(parseLayoutIndex(text)).toBeUndefined()
  })

  it('may be null, as written by Go for an empty list', () => {
    expect(parseLayoutIndex('{"manifests":null}')?.entries).toEqual([])
  })

  it('cannot be parsed if it is nested too deeply to be written again', () => {
    expect(parseLayoutIndex(`{"manifests":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`)).toBeUndefined()
  })

  describe('with names', () => {
    const named = (name: unknown, digest: unknown = image.digest) => ({
      digest,
      annotations: { [refName]: name },
    })
    const index = {
      document: { annotations: { mine: '1' } },
      entries: [named('a'), named('b'), image, 7, named(1), named('a', 'sha256:second')],
    }

    it('has each of them once', () => {
      expect(namesIn(index)).toEqual(['a', 'b'])
    })

    it('has the first image of a name, and none without a digest', () => {
      expect(findDigest(index, 'a')).toBe(image.digest)
      expect(findDigest(index, 'c')).toBeUndefined()
      expect(findDigest({ ...index, entries: [named('a', 7)] }, 'a')).toBeUndefined()
    })

    it('loses all images of the names that are removed, and nothing else', () => {
      expect(JSON.parse(indexTextWithout(index, new Set(['a', 'c'])))).toEqual({
        ...{ schemaVersion: 2, annotations: { mine: '1' } },
        manifests: [named('b'), image, 7, named(1)],
      })
    })

    it('states the platform and the artifact type of an image', () => {
      const more = { platform: { os: 'linux', architecture: 'arm64' }, artifactType: 'application/x' }
      expect(
        JSON.parse(indexTextWithImage({ document: {}, entries: [] }, { ...image, ...more }, undefined)),
      ).toEqual({
        ...{ schemaVersion: 2, manifests: [{ ...image, ...more }] },
      })
    })
  })
})
