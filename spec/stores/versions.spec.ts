/** Stores of other versions of this program and layouts of other programs, and files in them that are nobody's. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Store } from '../../lib/store/index.js'
import { describeTree } from '../../lib/archive/index.js'
import { commitLayer, descriptorOf, layerBlob, putNamed } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const name = 'docker.io/library/a:latest'
const digest = descriptorOf('x').digest

describe('a store of another version', () => {
  const stores = new TemporaryStores()

  async function filled(): Promise<string> {
    const directory = stores.fresh()
    const store = await Store.open(directory)
    await putNamed(store, name, '{}')
    await commitLayer(store, 'a')
    await store.close()
    return directory
  }
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  it.each([
    ['a newer one', '{"version":2}', /a newer version of Windlass created it \(store version 2\)/],
    ['a much newer one', '{"version":90,"features":[1]}', /store version 90/],
    ['one that never was', '{"version":0}', /windlass\.json cannot be read/],
    ['no whole number', '{"version":1.5}', /windlass\.json cannot be read/],
    ['no number', '{"version":"1"}', /windlass\.json cannot be read/],
  ])('is refused untouched: %s', async (_title, text, says) => {
    const directory = await filled()
    writeFileSync(join(directory, 'windlass.json'), text)
    const before = await describeTree(directory)
    for (const create of [true, false]) {
      const opening = Store.open(directory, { create })
      await expect(opening).rejects.toMatchObject({ code: 'STORE_CORRUPT', exitCode: 7 })
      await expect(opening).rejects.toThrow(says)
      await expect(opening).rejects.toThrow(directory)
    }
    expect(await describeTree(directory)).toEqual(before)
  })

  it('is not made into one of ours where a newer program was killed while it made it', async () => {
    const directory = stores.fresh()
    write(join(directory, 'windlass.json'), '{"version":2}')
    const before = await describeTree(directory)
    await expect(Store.open(directory)).rejects.toThrow(/store version 2/)
    expect(await describeTree(directory)).toEqual(before)
  })

  it('is read where names are not normalised and no pointers lead to the layers (S0-11)', async () => {
    const directory = await filled()
    rmSync(join(directory, 'layers', 'by-blob'), { recursive: true })
    const index = join(directory, 'index.json')
    const { manifests, ...rest } = JSON.parse(readFileSync(index, 'utf8')) as { manifests: object[] }
    const annotations = { 'org.opencontainers.image.ref.name': 'a:latest' }
    writeFileSync(index, JSON.stringify({ ...rest, manifests: [{ ...manifests[0], annotations }] }))
    const store = await stores.open(directory)
    expect(await store.names.get(name, 'a:latest')).toMatchObject({ name: 'a:latest' })
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
  })

  it('is read where nothing in it has a check yet, and gets one with the next name and the next blob', async () => {
    const directory = await filled()
    const index = join(directory, 'index.json')
    const withoutSeal = (text: string): string =>
      text.replace(/,"io\.windlass\.entry\.sha256":"[0-9a-f]{64}"/, '')
    writeFileSync(index, withoutSeal(readFileSync(index, 'utf8')))
    const store = await stores.open(directory)
    const layer = (await store.layers.findByBlob(layerBlob('a').digest))!
    const record = join(directory, 'layers', ...layer.diffID.split(':'), 'layer.json')
    const { sha256, ...older } = JSON.parse(readFileSync(record, 'utf8')) as Record<string, unknown>
    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    writeFileSync(record, JSON.stringify({ ...older, version: 1 }))

    expect(await store.layers.find(layer.diffID)).toEqual(layer)
    expect(await store.names.corrupt()).toEqual([])
    expect(await store.names.get(name)).toMatchObject({ name })
    await putNamed(store, name, '{}')
    expect(withoutSeal(readFileSync(index, 'utf8'))).not.toBe(readFileSync(index, 'utf8'))
    // Half of each version is none.
    writeFileSync(record, JSON.stringify({ ...older, sha256, version: 1 }))
    expect(await store.layers.find(layer.diffID)).toBeUndefined()
  })

  it('has a layer of which a newer program wrote the record: it comes again, beside nothing that was believed', async () => {
    const directory = await filled()
    const store = await stores.open(directory)
    const { diffID } = (await store.layers.findByBlob(layerBlob('a').digest))!
    const record = join(directory, 'layers', ...diffID.split(':'), 'layer.json')
    writeFileSync(record, readFileSync(record, 'utf8').replace('"version": 2', '"version": 3'))
    expect(await store.layers.find(diffID)).toBeUndefined()
    await commitLayer(store, 'a')
    expect(await store.layers.find(diffID)).toBeDefined()
  })

  it('keeps files that are nobody’s: beside the layout, in staging, among the downloads', async () => {
    const directory = await filled()
    const others = [
      'notes.txt',
      'cache/of-a-newer-version',
      'staging/v2-0123456789abcdef/half',
      `partial/sha256/${digest.slice(7)}.v2`,
      'partial/blake3/0123',
      'layers/overlay2/0123/diff',
    ]
    for (const each of others) write(join(directory, each), each)
    const store = await stores.open(directory)
    expect(await store.partials.length(digest)).toBe(0)
    const partial = await store.partials.acquire(digest)
    expect(partial.length).toBe(0)
    await partial.release()
    await store.garbage.collect({ keepPartials: 0 })
    await store.close()
    for (const each of others) expect(readFileSync(join(directory, each), 'utf8')).toBe(each)
    expect(await (await stores.open(directory)).names.list()).toHaveLength(1)
  })

  it('is a layout of another program: what that wrote stays, and images come beside it', async () => {
    const directory = stores.fresh()
    const manifest = descriptorOf('{"theirs":true}')
    const entry = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'v1' } }
    const theirs = {
      'oci-layout': '{"imageLayoutVersion": "1.0.0"}',
      'index.json': JSON.stringify({ schemaVersion: 2, manifests: [entry], more: 'kept' }),
      [`blobs/${manifest.digest.replace(':', '/')}`]: '{"theirs":true}',
    }
    for (const [path, text] of Object.entries(theirs)) write(join(directory, path), text)
    const store = await stores.open(directory)
    expect(await store.names.get('v1')).toMatchObject({ name: 'v1', descriptor: { digest: manifest.digest } })
    await putNamed(store, name, '{}')
    await commitLayer(store, 'a')
    await store.close()
    const index = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: object[] }
    expect(index).toMatchObject({ more: 'kept', manifests: [entry, {}] })
    expect(readFileSync(join(directory, 'oci-layout'), 'utf8')).toBe(theirs['oci-layout'])
    const again = await stores.open(directory)
    expect((await again.names.list()).map((image) => image.name)).toEqual(['v1', name])
    expect(await again.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
  })
})
