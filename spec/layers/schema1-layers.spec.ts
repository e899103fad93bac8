/** What the stages share that a schema 1 image needs: nobody to say which diffID a layer has, and the look into a blob. */
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { asWindlassError } from '../../lib/errors.js'
import { type Digest, digestOf } from '../../lib/image/index.js'
import { compressionOfBlob, diffIDOfBlob } from '../../lib/transfer/stored/blob-content.js'
import { Expectations } from '../../lib/transfer/sharing/expectations.js'
import { Store } from '../../lib/store/index.js'
import { compress } from '../../lib/testing/images/compress.js'

const [blob, one, other] = ['blob', 'one', 'other'].map((text) => digestOf(Buffer.from(text))) as [
  Digest,
  Digest,
  Digest,
]

describe('who waits for a layer and expects nothing in particular', () => {
  it('takes what comes, though others expect something else or do not know yet', async () => {
    const expectations = new Expectations()
    expectations.add(Promise.resolve(other))
    expectations.add(new Promise(() => undefined))
    expectations.add(undefined)
    await expectations.confirm(one, blob)
  })

  it('lets the others be asked alone once it has left', async () => {
    const expectations = new Expectations()
    expectations.add(Promise.resolve(other))
    expectations.add(undefined)()
    const failure = await expectations.confirm(one, blob).catch(asWindlassError)
    expect(failure).toMatchObject({ code: 'DIFF_ID_MISMATCH' })
  })
})

describe('a blob of the store', () => {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-blob-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const { signal } = new AbortController()

  it('has the diffID of what is in it, however it is compressed', async () => {
    const store = await Store.open(join(directory, 'store'))
    const compressions = fc.constantFrom<'gzip' | 'zstd' | 'none'>('gzip', 'zstd', 'none')
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), compressions, async (content, compression) => {
        // No content that would itself look compressed.
        const bytes = Buffer.concat([Buffer.from('tar'), content])
        const packed = compress(bytes, compression)
        const descriptor = { digest: digestOf(packed), size: packed.length, mediaType: '' }
        await store.blobs.put(descriptor.digest, packed)
        expect(await compressionOfBlob(descriptor.digest, store)).toBe(compression)
        expect(await diffIDOfBlob(descriptor, store, { signal })).toBe(
          `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
        )
      }),
      { numRuns: 30 },
    )
    await store.close()
  })

  it('is not believed where it has rotted', async () => {
    const store = await Store.open(join(directory, 'corrupt'))
    const packed = compress(Buffer.alloc(3_000, 'x'), 'none')
    const descriptor = { digest: digestOf(packed), size: packed.length, mediaType: '' }
    await store.blobs.put(descriptor.digest, packed)
    for (const [corrupt, code] of [
      [Buffer.alloc(3_000, 'y'), 'DIGEST_MISMATCH'],
      [packed.subarray(1), 'SIZE_MISMATCH'],
      [Buffer.concat([packed, packed]), 'SIZE_MISMATCH'],
    ] as const) {
      await writeFile(store.blobs.path(descriptor.digest), corrupt)
      expect(await diffIDOfBlob(descriptor, store, { signal }).catch(asWindlassError)).toMatchObject({ code })
    }
    await store.close()
  })

  it('threats 4: is a bomb where more is in it than the limit allows', async () => {
    const store = await Store.open(join(directory, 'bombs'))
    const packed = compress(Buffer.alloc(8 * 2 ** 20), 'gzip')
    const descriptor = { digest: digestOf(packed), size: packed.length, mediaType: '' }
    await store.blobs.put(descriptor.digest, packed)
    const limits = { layerBytes: 2 ** 20, layerRatio: 500 }
    const failure = await diffIDOfBlob(descriptor, store, { signal, limits }).catch(asWindlassError)
    expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', subject: { digest: descriptor.digest } })
    await store.close()
  })
})
