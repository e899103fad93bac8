/** Finds the links in documents of every kind, also in malformed documents. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configLinks, digestOf, documentLinks } from '../../../../lib/image/index.js'

const digest = (text: string): string => digestOf(Buffer.from(text))
const to = (text: string): object => ({ mediaType: 'a/b', digest: digest(text), size: 1 })
const found = (document: Readonly<Record<string, unknown>>): [string, string][] =>
  documentLinks(document).map(({ role, descriptor }) => [role, descriptor.digest])

describe('the links of a document', () => {
  it('are the entries and the subject of an index', () => {
    expect(found({ manifests: [to('a'), to('b')], subject: to('c') })).toEqual([
      ['manifest', digest('a')],
      ['manifest', digest('b')],
      ['subject', digest('c')],
    ])
  })

  it('are the subject, config and layers of an image manifest', () => {
    expect(found({ config: to('c'), layers: [to('a'), to('b'), to('a')], subject: to('s') })).toEqual([
      ['subject', digest('s')],
      ['config', digest('c')],
      ['layer', digest('a')],
      ['layer', digest('b')],
      ['layer', digest('a')],
    ])
  })

  it('are the blobs of an artifact and the layers of a schema 1 manifest', () => {
    expect(found({ blobs: [to('a')] })).toEqual([['layer', digest('a')]])
    expect(found({ fsLayers: [{ blobSum: digest('a') }] })).toEqual([['layer', digest('a')]])
  })

  it('are the diffIDs of a config', () => {
    const config = { rootfs: { type: 'layers', diff_ids: [digest('a'), 'no digest', 1, digest('b')] } }
    expect(configLinks(config)).toEqual(
      ['a', 'b'].map((each) => ({ role: 'tree', descriptor: { digest: digest(each) } })),
    )
    for (const none of [{}, { rootfs: null }, { rootfs: { diff_ids: 'x' } }])
      expect(configLinks(none)).toEqual([])
  })

  it('are found beside members that are not valid, in any document', () => {
    const junk = fc.oneof(fc.jsonValue(), fc.record({ digest: fc.jsonValue() }))
    const members = ['manifests', 'layers', 'blobs', 'fsLayers']
    fc.assert(
      fc.property(fc.constantFrom(...members), fc.array(junk), junk, fc.nat(), (member, list, other, at) => {
        const valid = member === 'fsLayers' ? { blobSum: digest('a') } : { digest: digest('a') }
        const place = at % (list.length + 1)
        const document = {
          ...{
            manifests: other,
            layers: other,
            blobs: other,
            fsLayers: other,
            config: other,
            subject: other,
          },
          [member]: [...list.slice(0, place), valid, ...list.slice(place)],
        }
        expect(found(document)).toEqual([[member === 'manifests' ? 'manifest' : 'layer', digest('a')]])
      }),
      { numRuns: 300 },
    )
  })
})
