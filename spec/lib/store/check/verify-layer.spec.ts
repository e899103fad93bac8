import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import { inspectLayer, withTreeLock } from '../../../../lib/store/check/verify-layer.js'
import { emptyRecord, formatRecord } from '../../../../lib/store/layers/layer-record.js'
import { openPaths } from '../../../support/open-paths.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { commitLayer, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the lock of the tree of a layer', () => {
  const root = temporaryDirectory()
  const layerOf = (name: string): string => {
    const layer = join(root, name)
    mkdirSync(join(layer, 'rootfs'), { recursive: true })
    if (process.geteuid?.() === 0) {
      chmodSync(root, 0o755)
      chownSync(layer, 65_534, 65_534)
    }
    return layer
  }
  const fail = (): Promise<never> => Promise.reject(new Error('the work failed'))

  it('holds the directory of the layer open for the work, and not after it', async () => {
    const layer = layerOf('one')
    const during = await asOrdinaryUser(() =>
      withTreeLock(join(layer, 'rootfs'), () => Promise.resolve(openPaths())),
    )
    expect(during).toContain(layer)
    // Checked before the next lock, which would wait for this one for ever.
    expect(openPaths()).not.toContain(layer)
    await expect(asOrdinaryUser(() => withTreeLock(join(layer, 'rootfs'), fail))).rejects.toThrow('failed')
    expect(openPaths()).not.toContain(layer)
  })

  it('is held by one at a time, and by the next after work that failed', async () => {
    const tree = join(layerOf('two'), 'rootfs')
    let working = 0
    const alone = async (): Promise<void> => {
      expect(++working).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 20))
      working--
    }
    await asOrdinaryUser(async () => {
      await expect(withTreeLock(tree, fail)).rejects.toThrow('failed')
      await Promise.all([withTreeLock(tree, alone), withTreeLock(tree, alone)])
    })
  })

  it('is no longer waited for after the signal aborts', async () => {
    const layer = layerOf('three')
    const stop = new AbortController()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    await asOrdinaryUser(async () => {
      const first = withTreeLock(join(layer, 'rootfs'), () => held)
      const second = withTreeLock(join(layer, 'rootfs'), fail, stop.signal)
      setTimeout(() => stop.abort(new Error('enough')), 30)
      await expect(second).rejects.toThrow('enough').finally(release)
      await first
    })
    expect(openPaths()).not.toContain(layer)
  })
})

describe('a layer on the disk', () => {
  const stores = new TemporaryStores()
  const diffID = diffIDOf('a')
  async function made(...forms: readonly ('overlay' | 'aufs')[]) {
    const store = await stores.open()
    for (const form of forms) await commitLayer(store, 'a', { form })
    const path = join(store.directory, 'layers', ...diffID.split(':'))
    return {
      store,
      path,
      record: join(path, 'layer.json'),
      inspect: () => inspectLayer(store.directory, diffID),
    }
  }

  it('has its trees, its blobs and no faults', async () => {
    const { path, inspect } = await made('overlay', 'aufs')
    expect(await inspect()).toEqual({
      ...{ path, inode: statSync(path, { bigint: true }).ino, faults: [], forms: ['overlay', 'aufs'] },
      trees: [
        { form: 'overlay', path: join(path, 'rootfs') },
        { form: 'aufs', path: join(path, 'rootfs.aufs') },
      ],
      blobs: [expect.objectContaining({ digest: layerBlob('a').digest })],
    })
  })

  it('is none if it is not there', async () => {
    const { inspect } = await made()
    expect(await inspect()).toBeUndefined()
  })

  it('lacks a tree that its record lists', async () => {
    const { path, inspect } = await made('overlay', 'aufs')
    rmSync(join(path, 'rootfs.aufs'), { recursive: true })
    expect(await inspect()).toMatchObject({
      ...{ forms: ['overlay', 'aufs'], trees: [{ form: 'overlay' }] },
      faults: [`its tree ${join(path, 'rootfs.aufs')} is missing`],
    })
  })

  it('without a record has the forms that the names of its trees tell', async () => {
    for (const [forms, expected] of [
      [
        ['overlay', 'aufs'],
        ['overlay', 'aufs'],
      ],
      [['overlay'], []],
    ] as const) {
      const { record, inspect } = await made(...forms)
      writeFileSync(record, 'damaged')
      expect(await inspect()).toMatchObject({
        ...{ forms: expected, trees: [], blobs: [], faults: ['its layer.json cannot be read'] },
      })
    }
    const { path, record, inspect } = await made('overlay', 'aufs')
    rmSync(record)
    rmSync(join(path, 'rootfs'), { recursive: true })
    expect(await inspect()).toMatchObject({ forms: [] })
  })

  it('with a record of no tree is faulty', async () => {
    const { record, inspect } = await made('overlay')
    writeFileSync(record, formatRecord(emptyRecord(diffID)))
    expect(await inspect()).toMatchObject({ faults: ['its layer.json lists no tree'] })
  })

  it('is faulty if a blob points elsewhere, unless that is the same layer in another algorithm', async () => {
    const { store, inspect } = await made('overlay')
    const pointer = join(store.directory, 'layers/by-blob', ...layerBlob('a').digest.split(':'))
    writeFileSync(pointer, `${diffIDOf('b')}\n`)
    expect(await inspect()).toMatchObject({ faults: ['not all of its blobs point to it'] })
    writeFileSync(pointer, `${digestOf(Buffer.from('the layer a'), 'sha512')}\n`)
    expect(await inspect()).toMatchObject({ faults: [] })
  })
})
