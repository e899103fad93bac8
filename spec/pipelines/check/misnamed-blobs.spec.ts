import { existsSync, readFileSync, renameSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import * as blobs from '../../../lib/store/blobs/verify-blob.js'
import { MisnamedBlobs } from '../../../pipelines/check/misnamed-blobs.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

vi.mock('../../../lib/store/blobs/verify-blob.js', { spy: true })

describe('blobs with the name of another digest', () => {
  const stores = new TemporaryStores()
  const texts = ['one', 'two', 'six', 'three']

  it('are renamed to their digest, and each is read at most once', async () => {
    const store = await stores.open()
    for (const text of [...texts, 'ten'])
      await store.blobs.put(digestOf(Buffer.from(text)), Buffer.from(text))
    const path = (text: string) => store.blobs.path(digestOf(Buffer.from(text)))
    for (const text of texts) renameSync(path(text), path(`not ${text}`))
    const misnamed = new MisnamedBlobs(store, undefined)
    vi.mocked(blobs.verifyBlob).mockClear()
    for (const text of texts) {
      expect(await misnamed.rename(digestOf(Buffer.from(text)), text.length)).toBe(true)
      expect(readFileSync(path(text), 'utf8')).toBe(text)
      expect(existsSync(path(`not ${text}`))).toBe(false)
    }
    expect(await misnamed.rename(digestOf(Buffer.from('red')), 3)).toBe(false)
    expect(await misnamed.rename(digestOf(Buffer.from('seven')), 5)).toBe(false)
    expect(vi.mocked(blobs.verifyBlob)).toHaveBeenCalledTimes(5)
    expect(readFileSync(path('ten'), 'utf8')).toBe('ten')
  })

  it('keep their names if the signal has aborted', async () => {
    const store = await stores.open()
    await store.blobs.put(digestOf(Buffer.from('one')), Buffer.from('one'))
    const misnamed = new MisnamedBlobs(store, AbortSignal.abort(new Error('enough')))
    await expect(misnamed.rename(digestOf(Buffer.from('two')), 3)).rejects.toThrow('enough')
  })
})
