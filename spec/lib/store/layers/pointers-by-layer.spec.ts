import { lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { danglingPointers, invalidPointers } from '../../../../lib/store/layers/pointers-by-layer.js'
import { commitLayer, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('invalidPointers', () => {
  it('reports a directory that cannot be read as an error of the store, with its path and a hint', async () => {
    const store = temporaryDirectory()
    await mkdir(join(store, 'layers'))
    const path = join(store, 'layers', 'by-blob')
    await symlink('by-blob', path)
    await expect(invalidPointers(store)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(path) as string,
      hint: expect.stringContaining(path) as string,
    })
  })

  it('finds nothing in a store without layers', async () => {
    expect(await invalidPointers(temporaryDirectory())).toEqual([])
  })

  it('lists what stands at the path of a pointer and is no file', async () => {
    const store = temporaryDirectory()
    const blob = digestOf(Buffer.from('a blob'))
    const pointers = join(store, 'layers', 'by-blob', 'sha256')
    const path = join(pointers, blob.slice('sha256:'.length))
    await mkdir(path, { recursive: true })
    await writeFile(join(pointers, '0'.repeat(64)), '')
    await mkdir(join(pointers, 'not-a-digest'))
    const { ino: inode } = await lstat(path, { bigint: true })
    expect(await invalidPointers(store)).toEqual([{ blob, path, inode }])
  })
})

describe('danglingPointers', () => {
  const stores = new TemporaryStores()

  it('lists the pointers to layers that do not exist, and those that cannot be read', async () => {
    const store = await stores.open()
    await commitLayer(store, 'kept')
    const lost = await commitLayer(store, 'lost')
    const layers = join(store.directory, 'layers')
    const pathOf = (name: string): string =>
      join(layers, 'by-blob', 'sha256', layerBlob(name).digest.slice('sha256:'.length))
    await writeFile(pathOf('empty'), '')
    await rm(join(lost.rootfs, '..'), { recursive: true })
    expect((await danglingPointers(layers)).sort()).toEqual([pathOf('empty'), pathOf('lost')].sort())
  })
})
