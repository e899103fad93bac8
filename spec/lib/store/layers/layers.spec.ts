import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Store, WhiteoutForm } from '../../../../lib/store/index.js'
import { formatRecord, parseRecord } from '../../../../lib/store/layers/layer-record.js'
import { commitLayer, descriptorOf, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const other = descriptorOf(
  'the same layer, compressed otherwise',
  'application/vnd.oci.image.layer.v1.tar+zstd',
)

describe('layers', () => {
  const stores = new TemporaryStores()
  const directoryOf = (store: Store, name: string): string =>
    join(store.directory, 'layers', ...diffIDOf(name).split(':'))

  it('finds a layer by its diffID and by its blob (S0-42)', async () => {
    const store = await stores.open()
    expect(await store.layers.find(diffIDOf('a'))).toBeUndefined()
    const stored = await commitLayer(store, 'a')
    expect(stored).toEqual({
      diffID: diffIDOf('a'),
      rootfs: join(directoryOf(store, 'a'), 'rootfs'),
      form: 'overlay',
      size: 1024,
      blobs: [layerBlob('a').digest],
      keptBlobs: [],
    })
    expect(await store.layers.find(diffIDOf('a'))).toEqual(stored)
    expect(await store.layers.findByBlob(layerBlob('a').digest, 'overlay')).toEqual(stored)
    expect(await store.layers.findByBlob(layerBlob('b').digest)).toBeUndefined()
    expect(readFileSync(join(stored.rootfs, 'file'), 'utf8')).toBe('a overlay')
  })

  it('reports whether a layer is still there: its record and its tree', async () => {
    const store = await stores.open()
    const [whole, noTree, noRecord, noFile] = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => commitLayer(store, name)),
    )
    rmSync(noTree!.rootfs, { recursive: true })
    writeFileSync(noTree!.rootfs, 'no directory')
    rmSync(join(directoryOf(store, 'c'), 'layer.json'))
    rmSync(join(directoryOf(store, 'd'), 'layer.json'))
    mkdirSync(join(directoryOf(store, 'd'), 'layer.json'))
    expect(await store.layers.has(whole!)).toBe(true)
    for (const damaged of [noTree!, noRecord!, noFile!]) expect(await store.layers.has(damaged)).toBe(false)
  })

  it('records which of its blobs were kept, also if a later commit says so', async () => {
    const store = await stores.open()
    const [one, other] = [layerBlob('one'), layerBlob('other')]
    const keptBlobs = async (blob: typeof one, blobKept?: boolean) =>
      (await commitLayer(store, 'a', { blob, ...(blobKept !== undefined && { blobKept }) })).keptBlobs
    expect(await keptBlobs(one, true)).toEqual([one.digest])
    await keptBlobs(other, false)
    expect((await store.layers.find(diffIDOf('a')))?.keptBlobs).toEqual([one.digest])
    await keptBlobs(other, true)
    await keptBlobs(one, false)
    await keptBlobs(one)
    expect((await store.layers.find(diffIDOf('a')))?.keptBlobs).toEqual([one.digest, other.digest])
  })

  it('a layer in another form does not count (S0-49)', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    expect(await store.layers.find(diffIDOf('a'), 'aufs')).toBeUndefined()
    expect(await store.layers.findByBlob(layerBlob('a').digest, 'aufs')).toBeUndefined()
  })

  it('a second form is added beside the first, and only that (S0-69)', async () => {
    const store = await stores.open()
    const first = await commitLayer(store, 'a', { form: 'aufs' })
    const { ino } = lstatSync(first.rootfs)
    const second = await commitLayer(store, 'a', { form: 'overlay' })
    expect(second.rootfs).toBe(join(directoryOf(store, 'a'), 'rootfs.overlay'))
    expect(lstatSync(first.rootfs).ino).toBe(ino)
    expect((await readdir(directoryOf(store, 'a'))).sort()).toEqual([
      'layer.json',
      'rootfs',
      'rootfs.overlay',
    ])
    expect(await store.layers.find(diffIDOf('a'), 'aufs')).toEqual(first)
    expect(readFileSync(join(second.rootfs, 'file'), 'utf8')).toBe('a overlay')
  })

  it('a layer whose tree is missing counts as missing, and the next commit repairs it (S0-62)', async () => {
    const store = await stores.open()
    const { rootfs } = await commitLayer(store, 'a')
    for (const harm of [
      () => rmSync(rootfs, { recursive: true }),
      () => rmSync(join(rootfs, '..', 'layer.json')),
      () => writeFileSync(join(rootfs, '..', 'layer.json'), '{"version":1'),
      () => rmSync(join(rootfs, '..'), { recursive: true }),
      () => {
        rmSync(join(rootfs, '..'), { recursive: true })
        writeFileSync(join(rootfs, '..'), 'no directory')
      },
    ]) {
      harm()
      expect(await store.layers.find(diffIDOf('a'))).toBeUndefined()
      expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeUndefined()
      const stored = await commitLayer(store, 'a')
      expect(stored.rootfs).toBe(rootfs)
      expect(readFileSync(join(rootfs, 'file'), 'utf8')).toBe('a overlay')
      expect(await store.layers.findByBlob(layerBlob('a').digest)).toEqual(stored)
    }
  })

  it('lists all blobs that a layer was unpacked from', async () => {
    const store = await stores.open()
    const first = await commitLayer(store, 'a')
    const { ino } = lstatSync(first.rootfs)
    const again = await commitLayer(store, 'a', { blob: other })
    expect(again.blobs).toEqual([layerBlob('a').digest, other.digest])
    expect(lstatSync(again.rootfs).ino).toBe(ino)
    expect(await store.layers.findByBlob(other.digest)).toEqual(again)
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toEqual(again)
  })

  it('finds layers by their blobs without the directory of pointers, and writes it again', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await commitLayer(store, 'b')
    const index = join(store.directory, 'layers', 'by-blob')
    rmSync(index, { recursive: true })
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
    expect(existsSync(index)).toBe(false)
    await commitLayer(store, 'c')
    expect(readdirSync(join(index, 'sha256'))).toHaveLength(3)
    for (const name of ['a', 'b', 'c'])
      expect(await store.layers.findByBlob(layerBlob(name).digest)).toBeDefined()
  })

  it('finds layers that were committed after the pointers were written again and lost again', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const lose = (): void => rmSync(join(store.directory, 'layers', 'by-blob'), { recursive: true })
    lose()
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
    await commitLayer(store, 'b')
    lose()
    expect(await store.layers.findByBlob(layerBlob('b').digest)).toBeDefined()
  })

  it('replaces a directory at the path of a pointer', async () => {
    const store = await stores.open()
    const pointer = join(store.directory, 'layers', 'by-blob', ...layerBlob('a').digest.split(':'))
    mkdirSync(join(pointer, 'below'), { recursive: true })
    const stored = await commitLayer(store, 'a')
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toEqual(stored)
  })

  it('remembers which directories a layer has no entry for, also with a second form', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a', { implied: ['.', 'etc'] })
    expect(await commitLayer(store, 'a', { form: 'aufs' })).toMatchObject({ implied: ['.', 'etc'] })
    expect(await store.layers.find(diffIDOf('a'))).toMatchObject({ implied: ['.', 'etc'] })
  })

  it('stops waiting for the lock of the store when its commit is cancelled, and can be committed then', async () => {
    const store = await stores.open()
    const staged = await store.layers.stage()
    const facts = { diffID: diffIDOf('a'), blob: layerBlob('a'), size: 1, form: 'overlay' } as const
    await expect(staged.commit(facts, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readdirSync(join(staged.path, '..'))).toEqual(['rootfs'])
    await expect(staged.commit(facts)).resolves.toMatchObject({ diffID: diffIDOf('a') })
  })

  it('ignores a pointer that the record of the layer does not confirm', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const pointer = join(store.directory, 'layers', 'by-blob', ...other.digest.split(':'))
    for (const text of [`${diffIDOf('a')}\n`, 'sha256:../../..\n', '', `${diffIDOf('b')}\n`]) {
      writeFileSync(pointer, text)
      expect(await store.layers.findByBlob(other.digest)).toBeUndefined()
    }
  })

  it('ignores a truncated pointer', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const blob = layerBlob('a').digest
    const pointer = join(store.directory, 'layers', 'by-blob', ...blob.split(':'))
    for (const text of [diffIDOf('a'), `${diffIDOf('a')}0`, `${diffIDOf('a')}\n\n`]) {
      writeFileSync(pointer, text)
      expect(await store.layers.findByBlob(blob)).toBeUndefined()
    }
  })

  it('discards what was staged and not committed when the store is closed', async () => {
    const directory = stores.fresh()
    const store = await stores.open(directory)
    const staged = await store.layers.stage()
    await store.layers.close()
    expect(existsSync(staged.path)).toBe(false)
  })

  it('ignores a path in a record that leads out of its directory', async () => {
    const store = await stores.open()
    const { rootfs } = await commitLayer(store, 'a')
    const record = join(rootfs, '..', 'layer.json')
    const parsed = parseRecord(await readFile(record, 'utf8'), diffIDOf('a'))!
    for (const elsewhere of ['../../../staging', 'rootfs/../..', '.', '']) {
      const forms = { overlay: { rootfs: elsewhere, size: 1 } }
      await writeFile(record, formatRecord({ ...parsed, forms }))
      expect(await store.layers.find(diffIDOf('a'))).toBeUndefined()
    }
    await writeFile(record, formatRecord(parsed))
    expect(await store.layers.find(diffIDOf('a'))).toBeDefined()
  })

  it('does not follow a link at the path of a layer', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const moved = stores.fresh()
    renameSync(directoryOf(store, 'a'), moved)
    symlinkSync(moved, directoryOf(store, 'a'))
    expect(await store.layers.find(diffIDOf('a'))).toBeUndefined()
    await commitLayer(store, 'a')
    expect(lstatSync(directoryOf(store, 'a')).isDirectory()).toBe(true)
  })

  it('can be committed again after a failure', async () => {
    const store = await stores.open()
    const staged = await store.layers.stage()
    await writeFile(join(staged.path, 'file'), 'a overlay')
    const layers = join(store.directory, 'layers')
    renameSync(layers, `${layers}-away`)
    const facts = { diffID: diffIDOf('a'), blob: layerBlob('a'), size: 1, form: 'overlay' } as const
    await expect(staged.commit(facts)).rejects.toMatchObject({ code: 'STORE_IO' })
    renameSync(`${layers}-away`, layers)
    mkdirSync(join(staged.path, '..', 'layer.json'))
    await expect(staged.commit(facts)).resolves.toMatchObject({ diffID: diffIDOf('a') })
  })

  it('stages empty trees without access for other users, and removes them', async () => {
    const store = await stores.open()
    const umask = process.umask(0o077)
    const staged = await store.layers.stage()
    process.umask(umask)
    expect(await readdir(staged.path)).toEqual([])
    expect(lstatSync(staged.path).mode & 0o777).toBe(0o755)
    expect(lstatSync(join(staged.path, '..')).mode & 0o777).toBe(0o700)
    expect(staged.path.length).toBeGreaterThanOrEqual(join(directoryOf(store, 'a'), 'rootfs.overlay').length)
    mkdirSync(join(staged.path, 'closed'))
    writeFileSync(Buffer.from(join(staged.path, 'closed', 'na\xefve'), 'latin1'), '')
    chmodSync(join(staged.path, 'closed'), 0)
    await staged.discard()
    await staged.discard()
    expect(existsSync(join(staged.path, '..'))).toBe(false)
    await expect(
      staged.commit({ diffID: diffIDOf('a'), blob: other, size: 1, form: 'overlay' }),
    ).rejects.toThrow()
  })

  it('leaves nothing in the staging directory after a commit, successful or not', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await commitLayer(store, 'a')
    await commitLayer(store, 'a', { form: 'aufs' })
    expect((await readdir(await store.stagingDirectory())).sort()).toEqual(['holds', 'lock'])
  })

  it('several commits of one layer at once all succeed, with one tree (S0-60)', async () => {
    const directory = stores.fresh()
    const open = await Promise.all([stores.open(directory), stores.open(directory), stores.open(directory)])
    const stored = await Promise.all([...open, ...open].map((store) => commitLayer(store, 'a')))
    expect(new Set(stored.map(({ rootfs }) => rootfs)).size).toBe(1)
    expect(await readdir(join(directory, 'layers', 'sha256'))).toHaveLength(1)
  })

  it('behaves like a map for any sequence of commits and losses', async () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const form = fc.constantFrom<WhiteoutForm>('overlay', 'aufs')
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('commit' as const), name, form, blob: fc.nat(1) }),
      fc.record({ kind: fc.constant('lose' as const), name, form }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
        const store = await stores.open()
        const trees = new Set<string>()
        const blobs = new Map<string, Set<string>>()
        for (const each of operations) {
          const key = `${each.name} ${each.form}`
          if (each.kind === 'commit') {
            const blob = layerBlob(`${each.name} ${each.blob}`)
            const stored = await commitLayer(store, each.name, { form: each.form, blob })
            trees.add(key)
            blobs.set(each.name, (blobs.get(each.name) ?? new Set()).add(blob.digest))
            expect(new Set(stored.blobs)).toEqual(blobs.get(each.name))
          } else {
            const found = await store.layers.find(diffIDOf(each.name), each.form)
            if (found) rmSync(found.rootfs, { recursive: true })
            trees.delete(key)
          }
          for (const layer of ['a', 'b', 'c'])
            for (const shape of ['overlay', 'aufs'] as const) {
              const found = await store.layers.find(diffIDOf(layer), shape)
              expect(found !== undefined).toBe(trees.has(`${layer} ${shape}`))
              if (found) expect(readFileSync(join(found.rootfs, 'file'), 'utf8')).toBe(`${layer} ${shape}`)
            }
        }
      }),
      { numRuns: 25 },
    )
  })
})
