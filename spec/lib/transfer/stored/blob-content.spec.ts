import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { diffIDOfBlob } from '../../../../lib/transfer/stored/blob-content.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const archive = Buffer.alloc(10_000, 'archive')
const blob = gzipSync(archive)
const descriptor = { mediaType: 'x', digest: digestOf(blob), size: blob.length }

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

  it('is not computed for a corrupt blob, even if it can be decompressed', async () => {
    // The operating system in a gzip header does not affect the content.
    const corrupt = Buffer.from(blob)
    corrupt[9]! ^= 1
    await expect(diffID(corrupt)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(diffID(blob.subarray(0, -1))).rejects.toMatchObject({ exitCode: 5 })
  })
})
