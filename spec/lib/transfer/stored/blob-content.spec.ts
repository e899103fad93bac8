import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { compressionOfBlob, diffIDOfBlob } from '../../../../lib/transfer/stored/blob-content.js'
import { openPaths } from '../../../support/open-paths.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const archive = Buffer.alloc(10_000, 'archive')
const blob = gzipSync(archive)
const descriptor = { mediaType: 'x', digest: digestOf(blob), size: blob.length }

describe('the compression of a blob', () => {
  const stores = new TemporaryStores()

  it('is that of its first bytes, however few there are', async () => {
    const store = await stores.open()
    for (const [bytes, compression] of [
      [blob, 'gzip'],
      [archive, 'none'],
      [Buffer.from([0x1f, 0x8b, 8]), 'gzip'],
      [Buffer.alloc(0), 'none'],
    ] as const) {
      await store.blobs.put(digestOf(bytes), bytes)
      expect(await compressionOfBlob(digestOf(bytes), store)).toBe(compression)
      expect(openPaths()).not.toContain(store.blobs.path(digestOf(bytes)))
    }
  })
})

describe('the diffID of a blob that was not unpacked', () => {
  const stores = new TemporaryStores()
  async function diffID(bytes: Buffer, layerBytes = defaultLimits.layerBytes): Promise<string> {
    const store = await stores.open()
    await store.blobs.put(descriptor.digest, blob)
    writeFileSync(store.blobs.path(descriptor.digest), bytes)
    const { signal } = new AbortController()
    return diffIDOfBlob(descriptor, store, { signal, limits: { ...defaultLimits, layerBytes } })
  }

  it('is the digest of the decompressed content, up to the limits', async () => {
    expect(await diffID(blob)).toBe(digestOf(archive))
    expect(await diffID(blob, archive.length)).toBe(digestOf(archive))
    await expect(diffID(blob, archive.length - 1)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('is no longer computed after a cancellation', async () => {
    const store = await stores.open()
    await store.blobs.put(descriptor.digest, blob)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(diffIDOfBlob(descriptor, store, { signal })).rejects.toBeDefined()
    expect(openPaths()).not.toContain(store.blobs.path(descriptor.digest))
  })

  it('is not computed for a corrupt blob, even if it can be decompressed', async () => {
    // The operating system in a gzip header does not affect the content.
    const corrupt = Buffer.from(blob)
    corrupt[9]! ^= 1
    await expect(diffID(corrupt)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(diffID(blob.subarray(0, -1))).rejects.toMatchObject({ exitCode: 5 })
  })
})
