import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import {
  formatRecord,
  type LayerRecord,
  parseRecord,
  withBlob,
} from '../../../../lib/store/layers/layer-record.js'
import { checksumOf } from '../../../../lib/store/files/checksum.js'
import { commitLayer, diffIDOf } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const diffID = digestOf(Buffer.from('a layer'))
const blob = { digest: digestOf(Buffer.from('its blob')), size: 7, mediaType: 'a/b' }
const forms = { overlay: { rootfs: 'rootfs', size: 1024 } }
const record: LayerRecord = { diffID, blobs: [blob], forms }

describe('the record of a layer', () => {
  it('is the same after writing and reading, for any bytes in directory names', () => {
    const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code))
    const path = fc.array(byte, { minLength: 1, maxLength: 20 }).map((bytes) => bytes.join(''))
    fc.assert(
      fc.property(fc.option(fc.array(path), { nil: undefined }), (implied) => {
        const written = { ...record, ...(implied && { implied }) }
        // The record as it is read from the disk.
        const text = Buffer.from(formatRecord(written)).toString('utf8')
        expect(parseRecord(text, diffID)).toEqual(written)
      }),
    )
  })

  it('is undefined if it belongs to another layer', () => {
    const other = digestOf(Buffer.from('another layer'))
    expect(parseRecord(formatRecord(record), other)).toBeUndefined()
    expect(parseRecord(formatRecord({ ...record, diffID: other }), diffID)).toBeUndefined()
  })

  it('lists each blob once, in the order of the commits', () => {
    const other = { ...blob, digest: digestOf(Buffer.from('another blob')) }
    expect(withBlob(record, { ...blob, mediaType: 'c/d' })).toBe(record)
    expect(withBlob(withBlob(record, other), blob).blobs).toEqual([blob, other])
  })

  it('records for each blob whether it was kept, and never reverts to not kept', () => {
    const [kept, discarded] = [true, false].map((each) => ({ ...blob, kept: each }))
    const blobsAfter = (first: typeof blob, ...later: (typeof blob)[]) =>
      later.reduce<LayerRecord>(withBlob, { ...record, blobs: [first] }).blobs
    expect(blobsAfter(blob, discarded!)).toEqual([blob])
    expect(blobsAfter(blob, kept!)).toEqual([kept])
    expect(blobsAfter(discarded!, kept!)).toEqual([kept])
    expect(blobsAfter(kept!, discarded!)).toEqual([kept])
    for (const blobs of [[kept!], [discarded!]])
      expect(parseRecord(formatRecord({ ...record, blobs }), diffID)?.blobs).toEqual(blobs)
  })

  it('does not state whether a blob was kept if the value is invalid', () => {
    for (const kept of ['true', 1, null, {}]) {
      const document = { version: 2, ...record, blobs: [{ ...blob, kept }] }
      expect(parseRecord(JSON.stringify({ ...document, sha256: checksumOf(document) }), diffID)).toEqual(
        record,
      )
    }
  })

  it('is read in the formats of earlier versions, without implied directories', () => {
    const first = JSON.stringify({ version: 1, ...record })
    const second = JSON.stringify({
      version: 2,
      ...record,
      sha256: checksumOf({ version: 2, ...record }),
    })
    for (const text of [first, second]) {
      expect(parseRecord(text, diffID)).toEqual(record)
      expect(parseRecord(text, diffID)).not.toHaveProperty('implied')
    }
  })

  it('has no implied directories if the value is invalid', () => {
    for (const implied of ['.', [1], { a: 'b' }, null]) {
      const document = { version: 2, ...record, implied }
      expect(parseRecord(JSON.stringify({ ...document, sha256: checksumOf(document) }), diffID)).toEqual(
        record,
      )
    }
  })

  it('is undefined if the implied directories were changed', () => {
    const text = formatRecord({ ...record, implied: ['.', 'home'] })
    expect(parseRecord(text.replace('home', 'hose'), diffID)).toBeUndefined()
  })
})

describe('what a committed layer implies', () => {
  const stores = new TemporaryStores()

  it('is returned with the layer, and kept by a commit without it', async () => {
    const store = await stores.open()
    const implied = ['.', 'caf\xe9']
    await commitLayer(store, 'a', { implied })
    expect(await store.layers.find(diffIDOf('a'))).toMatchObject({ implied })
    await commitLayer(store, 'a', { form: 'aufs' })
    expect(await store.layers.find(diffIDOf('a'), 'aufs')).toMatchObject({ implied })
    await commitLayer(store, 'b')
    expect(await store.layers.find(diffIDOf('b'))).not.toHaveProperty('implied')
    await commitLayer(store, 'b', { form: 'aufs', implied: [] })
    expect(await store.layers.find(diffIDOf('b'))).toMatchObject({ implied: [] })
  })
})
