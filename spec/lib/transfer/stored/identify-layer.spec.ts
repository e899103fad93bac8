import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { identifyLayer } from '../../../../lib/transfer/stored/identify-layer.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const archive = Buffer.alloc(10_000, 'archive')
const { signal } = new AbortController()
const descriptorOf = (bytes: Buffer) => ({
  ...{ mediaType: mediaTypes.dockerLayerGzip, digest: digestOf(bytes), size: bytes.length },
})

describe('a layer of a schema 1 manifest', () => {
  const stores = new TemporaryStores()

  it('has the type of its compression, and the diffID of its content', async () => {
    const store = await stores.open()
    for (const [bytes, mediaType] of [
      [archive, mediaTypes.ociLayer],
      [gzipSync(archive), mediaTypes.ociLayerGzip],
    ] as const) {
      const descriptor = descriptorOf(bytes)
      await store.blobs.put(descriptor.digest, bytes)
      expect(await identifyLayer(descriptor, store, { signal })).toEqual({
        ...{ descriptor: { ...descriptor, mediaType }, diffID: digestOf(archive) },
      })
    }
  })

  it('is not read if its diffID is known, and keeps its type if the store does not have it', async () => {
    const store = await stores.open()
    const [descriptor, diffID] = [descriptorOf(archive), digestOf(Buffer.from('known'))]
    expect(await identifyLayer(descriptor, store, { signal, diffID })).toEqual({ descriptor, diffID })
  })

  it('is read within the limits', async () => {
    const store = await stores.open()
    const descriptor = descriptorOf(archive)
    await store.blobs.put(descriptor.digest, archive)
    const limits = { ...defaultLimits, layerBytes: archive.length - 1 }
    await expect(identifyLayer(descriptor, store, { signal, limits })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })
})
