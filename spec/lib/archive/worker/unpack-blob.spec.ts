import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { unpackBlob } from '../../../../lib/archive/worker/unpack-blob.js'
import { digestOf } from '../../../../lib/image/index.js'
import { buildLayer } from '../../../../lib/testing/images/index.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const { bytes } = buildLayer(
  { entries: [{ path: 'd/a', content: Buffer.alloc(100_000, 'a') }] },
  'oci',
  'none',
)

describe('the unpacking of a blob', () => {
  const directory = temporaryDirectory()
  let count = 0
  const context = { signal: new AbortController().signal, onProgress: () => undefined, warn: () => undefined }
  const unpack = (source: Readable, options: { algorithm?: 'sha512'; whiteouts?: 'apply' } = {}) => {
    const into = join(directory, String(count++))
    mkdirSync(into)
    const result = unpackBlob(source, { path: 'unused', into, whiteouts: 'aufs', ...options }, context)
    return { into, result }
  }

  it('has the digest by the algorithm that is asked for, and the directories that the layer does not list', async () => {
    const read = (): Readable => Readable.from([bytes], { objectMode: false })
    expect(await unpack(read()).result).toEqual({
      ...{ diffID: digestOf(bytes), size: bytes.length, entries: 1, implied: ['.', 'd'] },
    })
    const applied = await unpack(read(), { algorithm: 'sha512', whiteouts: 'apply' }).result
    expect(applied).toEqual({ diffID: digestOf(bytes, 'sha512'), size: bytes.length, entries: 1 })
  })

  it('leaves no file open when the blob ends or fails in the middle of a file', async () => {
    async function* failing(error?: Error): AsyncGenerator<Buffer> {
      yield await Promise.resolve(bytes.subarray(0, 50_000))
      if (error) throw error
    }
    const broken = unpack(Readable.from(failing(new Error('reset')), { objectMode: false }))
    await expect(broken.result).rejects.toThrow('reset')
    const cut = unpack(Readable.from(failing(), { objectMode: false }))
    await expect(cut.result).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    for (const { into } of [broken, cut])
      expect(openPaths().filter((path) => path.startsWith(into))).toEqual([])
  })
})
