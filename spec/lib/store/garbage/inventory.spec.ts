import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inventory, readableInventory } from '../../../../lib/store/garbage/inventory.js'
import { commitLayer, descriptorOf, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the content of a store', () => {
  const stores = new TemporaryStores()

  it('is its blobs and layers with their bytes, and the blobs that each layer was unpacked from', async () => {
    const store = await stores.open()
    const blob = descriptorOf('a blob')
    await store.blobs.put(blob.digest, Buffer.from('a blob'))
    await commitLayer(store, 'a', { form: 'overlay' })
    await commitLayer(store, 'a', { form: 'aufs' })
    const { items, unexpectedPaths } = await inventory(store.directory)
    expect(items.map(({ kind, digest, bytes, blobs }) => ({ kind, digest, bytes, blobs }))).toEqual([
      { kind: 'blob', digest: blob.digest, bytes: 6, blobs: [] },
      { kind: 'layer', digest: diffIDOf('a'), bytes: 2_048, blobs: [layerBlob('a').digest] },
    ])
    expect(unexpectedPaths).toEqual([])
  })

  it('lists apart what has no place in it', async () => {
    const { directory } = await stores.open()
    const hex = '0'.repeat(64)
    mkdirSync(join(directory, 'blobs/sha256', hex), { recursive: true })
    mkdirSync(join(directory, 'blobs/md5'))
    mkdirSync(join(directory, 'layers/sha256'), { recursive: true })
    writeFileSync(join(directory, 'layers/sha256', hex), '')
    symlinkSync(join(directory, 'blobs'), join(directory, 'blobs/sha256/link'))
    const { items, unexpectedPaths } = await inventory(directory)
    expect(items).toEqual([])
    expect([...unexpectedPaths].sort()).toEqual(
      ['blobs/md5', `blobs/sha256/${hex}`, 'blobs/sha256/link', `layers/sha256/${hex}`].map((path) =>
        join(directory, path),
      ),
    )
  })

  it.runIf(process.geteuid?.() === 0)(
    'has layers without blobs if their records may not be read',
    async () => {
      const store = await stores.open()
      const { rootfs } = await commitLayer(store, 'a')
      await store.close()
      chmodSync(stores.directory, 0o755)
      execFileSync('chmod', ['-R', 'a+rX', store.directory])
      chmodSync(join(rootfs, '..', 'layer.json'), 0o600)
      const listed = await asOrdinaryUser(() => readableInventory(store.directory))
      expect(listed.items).toMatchObject([{ kind: 'layer', digest: diffIDOf('a'), bytes: 0, blobs: [] }])
      await expect(asOrdinaryUser(() => inventory(store.directory))).rejects.toMatchObject({
        code: 'STORE_DENIED',
      })
      expect((await readableInventory(store.directory)).items).toMatchObject([{ bytes: 1_024 }])
    },
  )

  it('is nothing in an empty directory', async () => {
    expect(await inventory(stores.fresh())).toEqual({ items: [], unexpectedPaths: [] })
  })
})
