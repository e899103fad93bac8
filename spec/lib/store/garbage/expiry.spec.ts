import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../lib/image/index.js'
import { type NamedContent, planExpiry } from '../../../../lib/store/garbage/expiry.js'
import type { Holders } from '../../../../lib/store/garbage/holders.js'
import type { StoredItem } from '../../../../lib/store/index.js'

const digestOfText = (text: string): Digest => digestOf(Buffer.from(text))
const now = 1_000_000

/** A blob and an unpacked layer for each letter. The layer is kept by the digest of the blob too. */
const items = ['a', 'b', 'c', 'd', 'e'].flatMap((letter, at): StoredItem[] => [
  { kind: 'blob', digest: digestOfText(letter), path: letter, bytes: 10 * (at + 1), blobs: [] },
  {
    kind: 'layer',
    digest: digestOfText(`tree ${letter}`),
    path: letter,
    bytes: 100,
    blobs: [digestOfText(letter)],
  },
])

interface ImageSpec {
  readonly layers: readonly string[]
  readonly lastUsedAt: number
  readonly held: 'run' | 'mount' | 'lease' | 'foreign' | 'content' | 'no'
}

const images = fc.array(
  fc.record<ImageSpec>({
    layers: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 }),
    lastUsedAt: fc.integer({ min: now - 100, max: now + 10 }),
    held: fc.constantFrom('run', 'mount', 'lease', 'foreign', 'content', 'no', 'no', 'no'),
  }),
  { maxLength: 6 },
)

function build(specs: readonly ImageSpec[]): { contents: NamedContent[]; holders: Holders } {
  const contents = specs.map(({ layers, lastUsedAt, held }, at): NamedContent => ({
    ...{ digest: digestOfText(`image ${at}`), names: [`name ${at}`], keys: [`key ${at}`], lastUsedAt },
    documents: [digestOfText(`image ${at}`), digestOfText(`served ${at}`)],
    isForeign: held === 'foreign',
    needs: new Set([digestOfText(`image ${at}`), ...layers.map(digestOfText)]),
  }))
  const of = (kind: ImageSpec['held']) => specs.flatMap(({ held }, at) => (held === kind ? [at] : []))
  // A pull holds the manifest as the registry serves it, and its layers.
  const runs = new Set([
    ...of('run').map((at) => digestOfText(`served ${at}`)),
    ...of('content').flatMap((at) => specs[at]!.layers.map(digestOfText)),
  ])
  const mounts = of('mount').map((at) => ({
    ...{ id: '', target: `/mnt/${at}`, image: '', manifest: contents[at]!.digest, writable: false },
    ...{ method: 'overlay' as const, madeTarget: false, holds: [...contents[at]!.needs] },
  }))
  const leases = of('lease').map((at) => ({
    ...{ id: `lease ${at}`, owner: 'spec', image: '', digest: contents[at]!.digest, createdAt: 0 },
    holds: [...contents[at]!.needs],
  }))
  const digests = new Set([...runs, ...[...mounts, ...leases].flatMap(({ holds }) => holds)])
  return { contents, holders: { runs, mounts, leases, digests } }
}

/** Bytes of what the images and the holders need. */
const sizeOf = (contents: readonly NamedContent[], { digests }: Holders): number => {
  const needed = new Set([...contents.flatMap(({ needs }) => [...needs]), ...digests])
  return items
    .filter(({ digest, blobs }) => needed.has(digest) || blobs.some((blob) => needed.has(blob)))
    .reduce((sum, { bytes }) => sum + bytes, 0)
}

describe('which images expire', () => {
  const limits = fc.record({ keepStorage: fc.nat(700), unusedFor: fc.nat(100) }, { requiredKeys: [] })

  it('is decided by size, age and holders alone, the least recently used first', () => {
    fc.assert(
      fc.property(images, limits, (specs, { keepStorage, unusedFor = 0 }) => {
        const { contents, holders } = build(specs)
        const options = { unusedFor, ...(keepStorage !== undefined && { keepStorage }) }
        const { expired, keys, kept, bytes } = planExpiry(contents, items, holders, options, now)
        const gone = new Set(expired.map(({ digest }) => digest))
        const left = contents.filter(({ digest }) => !gone.has(digest))
        const specOf = (digest: Digest) => specs[contents.findIndex((each) => each.digest === digest)]!
        const isProtected = ({ held }: ImageSpec) => held !== 'no' && held !== 'content'
        const isOld = ({ lastUsedAt }: ImageSpec) => unusedFor === 0 || lastUsedAt <= now - unusedFor

        expect(bytes).toBe(sizeOf(left, holders))
        expect(expired.reduce((sum, each) => sum + each.bytes, 0)).toBe(sizeOf(contents, holders) - bytes)
        expect(keys.size).toBe(expired.length)
        for (const { digest } of expired)
          expect(isProtected(specOf(digest)) || !isOld(specOf(digest))).toBe(false)
        for (const { digest } of kept) expect(isProtected(specOf(digest))).toBe(true)
        const times = expired.map(({ lastUsedAt }) => lastUsedAt)
        expect(times).toEqual([...times].sort((a, b) => a - b))
        // What stays is protected, was used since, or fits.
        const removable = left.filter(({ digest }) => !isProtected(specOf(digest)) && isOld(specOf(digest)))
        if (removable.length > 0) expect(bytes).toBeLessThanOrEqual(keepStorage ?? -1)
        // And no more was removed than necessary: with the last one, the store was too large.
        const last = expired.at(-1)
        if (last && keepStorage !== undefined) {
          const before = contents.filter(({ digest }) => !gone.has(digest) || digest === last.digest)
          expect(sizeOf(before, holders)).toBeGreaterThan(keepStorage)
        }
        for (const { lastUsedAt } of removable) expect(lastUsedAt).toBeGreaterThanOrEqual(times.at(-1) ?? 0)
      }),
    )
  })

  it('does not include an image of which a mount or a lease needs any document', () => {
    const needs = { holds: [digestOfText('served 0')] }
    const { contents, holders } = build([{ layers: ['a'], lastUsedAt: 0, held: 'no' }])
    const [mount] = build([{ layers: ['a'], lastUsedAt: 0, held: 'mount' }]).holders.mounts
    const [lease] = build([{ layers: ['a'], lastUsedAt: 0, held: 'lease' }]).holders.leases
    const reasonOf = (more: Partial<Holders>) =>
      planExpiry(contents, items, { ...holders, ...more }, { keepStorage: 0 }, now).kept.map(
        ({ reason }) => reason,
      )
    expect(reasonOf({})).toEqual([])
    expect(reasonOf({ mounts: [{ ...mount!, ...needs }] })).toEqual([{ kind: 'mount', directory: '/mnt/0' }])
    expect(reasonOf({ leases: [{ ...lease!, ...needs, expiresAt: now + 1 }] })).toEqual([
      { kind: 'lease', id: 'lease 0', owner: 'spec', expiresAt: now + 1 },
    ])
  })

  it('says why an image stays', () => {
    const specs = (['lease', 'mount', 'run', 'foreign'] as const).map((held, at) => ({
      ...{ layers: ['a'], lastUsedAt: at, held },
    }))
    const { contents, holders } = build(specs)
    const { kept, expired } = planExpiry(contents, items, holders, { keepStorage: 0 }, now)
    expect(expired).toEqual([])
    expect(kept.map(({ names, reason }) => [names[0], reason])).toEqual([
      ['name 0', { kind: 'lease', id: 'lease 0', owner: 'spec' }],
      ['name 1', { kind: 'mount', directory: '/mnt/1' }],
      ['name 2', { kind: 'running' }],
      ['name 3', { kind: 'other tool' }],
    ])
  })
})
