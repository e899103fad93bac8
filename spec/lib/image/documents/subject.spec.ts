import { expect, it } from 'vitest'
import { digestOf, mediaTypes, readSubject } from '../../../../lib/image/index.js'

const digest = digestOf(Buffer.from('a manifest'))
const subject = { mediaType: mediaTypes.ociManifest, digest, size: 7 }
const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)

it.each([
  ['its digest', { subject }, digest],
  ['none if it has none', { layers: [] }, undefined],
  ['none if it is not valid', { subject: { ...subject, size: -1 } }, undefined],
  ['none if the document is no object', [{ subject }], undefined],
  ['none if the document is nested too deeply', { subject, other: nested(100) }, undefined],
  ['its digest in a document that is nested as deeply as allowed', { subject, other: nested(99) }, digest],
])('the subject of a manifest is %s', (_, document, expected) => {
  expect(readSubject(Buffer.from(JSON.stringify(document)))).toBe(expected)
})

it('the subject of what is not JSON is none', () => {
  expect(readSubject(Buffer.from('{"subject"'))).toBeUndefined()
})
