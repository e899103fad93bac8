import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseDigest } from '../../lib/image/index.js'
import type { Store } from '../../lib/store/index.js'
import { Child } from '../support/store/child.js'
import { commitLayer, diffIDOf, layerBlob } from '../support/store/images-in-a-store.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const everything = [
  'blobs',
  'index.json',
  'layers',
  'lock',
  'oci-layout',
  'partial',
  'staging',
  'windlass.json',
]

describe('kill -9', () => {
  const stores = new TemporaryStores()

  /** Everything that can be seen in the store is whole. */
  async function expectWhole(store: Store): Promise<void> {
    expect(readdirSync(store.directory).sort()).toEqual(everything)
    for (const hex of readdirSync(join(store.directory, 'blobs', 'sha256')))
      await store.blobs.read(parseDigest(`sha256:${hex}`), 1000)
    const layers = readdirSync(join(store.directory, 'layers', 'sha256'))
    for (const hex of layers) {
      const layer = await store.layers.find(parseDigest(`sha256:${hex}`))
      expect(layer, hex).toBeDefined()
      expect(await store.layers.findByBlob(layer!.blobs[0]!)).toEqual(layer)
    }
    for (const { name } of await store.names.list()) {
      const image = name.replace(/:latest$/, '')
      for (const form of ['overlay', 'aufs'] as const) {
        const layer = await store.layers.find(diffIDOf(image), form)
        expect(readFileSync(join(layer!.rootfs, 'file'), 'utf8')).toBe(`${image} ${form}`)
      }
    }
  }

  it('at any instant loses nothing that was committed and leaves nothing half seen', async () => {
    const directory = stores.fresh()
    const committed = new Set<string>()
    for (let round = 0; round < 4; round++) {
      const children = [0, 1].map((at) => new Child('commit-loop', directory, `run-${round}-${at}`))
      await Promise.all(children.map((child) => child.line()))
      await delay(Math.random() * 80)
      await Promise.all(children.map((child) => child.kill()))
      const store = await stores.open(directory)
      const names = new Set((await store.names.list()).map(({ name }) => name))
      for (const name of committed) expect(names).toContain(name)
      for (const name of names) committed.add(name)
      await expectWhole(store)
      expect(readdirSync(join(directory, 'staging'))).toEqual([])
      await commitLayer(store, 'afterwards', { blob: layerBlob(`afterwards ${round}`) })
      await store.close()
    }
    expect(committed.size).toBeGreaterThanOrEqual(8)
  })
})
