/** Links and special files in the places of the store's own: refused where they matter, and never followed or waited for. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Store } from '../../lib/store/index.js'
import { commitLayer, layerBlob, putNamed } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const kinds: Record<string, (path: string, moved: string) => void> = {
  'a link to what was there': (path, moved) => symlinkSync(moved, path),
  'a dangling link': (path) => symlinkSync('nowhere', path),
  'a fifo': (path) => execFileSync('mkfifo', [path]),
}

describe('in the place of', () => {
  const stores = new TemporaryStores()
  const corrupt = { code: 'STORE_CORRUPT', exitCode: 7 }

  async function filled(): Promise<string> {
    const directory = stores.fresh()
    const store = await Store.open(directory)
    await putNamed(store, 'a:latest', '{}')
    await commitLayer(store, 'a')
    await store.close()
    return directory
  }

  /** The store with something else at `path`; what was there is kept beside the store. */
  async function replaced(path: string, kind: string): Promise<string> {
    const directory = await filled()
    const moved = `${directory}-moved`
    renameSync(join(directory, path), moved)
    kinds[kind]!(join(directory, path), moved)
    return directory
  }

  const everyKind = Object.keys(kinds)
  const cases = (...paths: string[]): [string, string][] =>
    paths.flatMap((path) => everyKind.map((kind): [string, string] => [path, kind]))

  it.each(cases('oci-layout', 'windlass.json', 'blobs', 'blobs/sha256', 'layers', 'layers/sha256'))(
    '%s, %s: the store is refused',
    async (path, kind) => {
      const directory = await replaced(path, kind)
      await expect(Store.open(directory)).rejects.toMatchObject({
        ...corrupt,
        message: expect.stringContaining(join(directory, path)) as string,
      })
    },
  )

  it.each(cases(...['blobs', 'layers', 'partial'].flatMap((part) => [`${part}/sha384`, `${part}/sha512`])))(
    '%s, %s: the store is refused also where no digest has that algorithm',
    async (path, kind) => {
      const directory = await filled()
      const elsewhere = `${directory}-elsewhere`
      mkdirSync(elsewhere)
      kinds[kind]!(join(directory, path), elsewhere)
      await expect(Store.open(directory)).rejects.toMatchObject({
        ...corrupt,
        message: expect.stringContaining(join(directory, path)) as string,
      })
    },
  )

  it.each(everyKind)('index.json, %s: no name is read, given, or lost', async (kind) => {
    const directory = await replaced('index.json', kind)
    const store = await stores.open(directory)
    await expect(store.names.list()).rejects.toMatchObject(corrupt)
    await expect(store.names.remove('a:latest')).rejects.toMatchObject(corrupt)
    await expect(putNamed(store, 'b:latest', 'b')).rejects.toMatchObject(corrupt)
    await expect(store.garbage.collect()).rejects.toMatchObject(corrupt)
    rmSync(join(directory, 'index.json'))
    renameSync(`${directory}-moved`, join(directory, 'index.json'))
    expect(await store.names.list()).toHaveLength(1)
  })

  it.each(everyKind)('a layer’s record, %s: the layer is none, and comes again', async (kind) => {
    const directory = await filled()
    const { diffID } = (await (await stores.open(directory)).layers.findByBlob(layerBlob('a').digest))!
    const record = join('layers', ...diffID.split(':'), 'layer.json')
    renameSync(join(directory, record), `${directory}-moved`)
    const before = readFileSync(`${directory}-moved`, 'utf8')
    kinds[kind]!(join(directory, record), `${directory}-moved`)
    const store = await stores.open(directory)
    expect(await store.layers.find(diffID)).toBeUndefined()
    await commitLayer(store, 'a')
    expect(await store.layers.find(diffID)).toBeDefined()
    expect(readFileSync(`${directory}-moved`, 'utf8')).toBe(before)
  })

  it.each(everyKind)('a pointer to a layer, %s: it is written again', async (kind) => {
    const pointer = join('layers', 'by-blob', ...layerBlob('a').digest.split(':'))
    const directory = await replaced(pointer, kind)
    const store = await stores.open(directory)
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeUndefined()
    await commitLayer(store, 'a')
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
  })

  it('index.json, a document nested 100,000 levels deep: it is told as damaged, by every reader', async () => {
    const directory = await filled()
    const path = join(directory, 'index.json')
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('"mediaType"', () => `"x":${deep},"mediaType"`),
    )
    const store = await stores.open(directory)
    const told = { ...corrupt, hint: expect.stringContaining('windlass verify --repair') as string }
    await expect(store.names.list()).rejects.toMatchObject(told)
    await expect(store.names.remove('a:latest')).rejects.toMatchObject(told)
    await expect(store.garbage.collect()).rejects.toMatchObject(told)
  })

  it('a layer’s record, a document nested 100,000 levels deep: the layer is none, and comes again', async () => {
    const directory = await filled()
    const { diffID } = (await (await stores.open(directory)).layers.findByBlob(layerBlob('a').digest))!
    const record = join(directory, 'layers', ...diffID.split(':'), 'layer.json')
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    writeFileSync(
      record,
      readFileSync(record, 'utf8').replace('{', () => `{"x":${deep},`),
    )
    const store = await stores.open(directory)
    expect(await store.layers.find(diffID)).toBeUndefined()
    expect((await store.garbage.collect({ dryRun: true })).removed).toMatchObject([
      { digest: diffID, bytes: 0 },
    ])
    await commitLayer(store, 'a')
    expect(await store.layers.find(diffID)).toBeDefined()
  })

  it('the store itself, a link is resolved once: where it leads later does not matter', async () => {
    const directory = await filled()
    const elsewhere = stores.fresh()
    mkdirSync(elsewhere)
    const link = stores.fresh()
    symlinkSync(directory, link)
    const store = await stores.open(link)
    rmSync(link)
    symlinkSync(elsewhere, link)
    await putNamed(store, 'b:latest', 'b')
    expect(await store.names.list()).toHaveLength(2)
    expect(execFileSync('ls', ['-A', elsewhere]).toString()).toBe('')
  })
})
