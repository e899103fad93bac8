import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { UnpackPool } from '../../../lib/archive/index.js'
import { LayerCheck } from '../../../pipelines/check/verify-layer.js'
import { commitLayer, diffIDOf, layerBlob } from '../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../support/store/temporary-store.js'

const stores = new TemporaryStores()

describe('the replacement of a layer’s trees', () => {
  it('leaves no staged files and keeps the old tree if the blob cannot be unpacked', async () => {
    const store = await stores.open()
    const { rootfs } = await commitLayer(store, 'a')
    const unpacking: string[] = []
    const pool = {
      unpack: ({ into }: { readonly into: string }) => {
        unpacking.push(into)
        return Promise.reject(new Error('it cannot be unpacked'))
      },
    } as unknown as UnpackPool
    const check = new LayerCheck(store, pool)
    const disk = (await check.findLayer(diffIDOf('a')))!
    const source = { descriptor: layerBlob('a'), diffID: diffIDOf('a') }
    await expect(check.replace(disk, source, undefined)).rejects.toThrow('it cannot be unpacked')
    expect(unpacking).toHaveLength(1)
    expect(existsSync(dirname(unpacking[0]!))).toBe(false)
    expect(readdirSync(rootfs)).toEqual(['file'])
  })

  it('unpacks every form again, with what the unpacking found, before the old trees go', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a', { form: 'overlay' })
    await commitLayer(store, 'a', { form: 'aufs' })
    const check = new LayerCheck(store, {
      async unpack({ into, whiteouts }: { readonly into: string; readonly whiteouts: string }) {
        expect((await store.layers.find(diffIDOf('a')))?.size).toBe(1_024)
        writeFileSync(join(into, 'new'), whiteouts)
        return { size: 7, implied: ['etc'] }
      },
    } as unknown as UnpackPool)
    const disk = (await check.findLayer(diffIDOf('a')))!
    await check.replace(disk, { descriptor: layerBlob('a'), diffID: diffIDOf('a') }, undefined)
    for (const form of ['overlay', 'aufs'] as const) {
      const found = (await store.layers.find(diffIDOf('a'), form))!
      expect(found).toMatchObject({ size: 7, implied: ['etc'], keptBlobs: [layerBlob('a').digest] })
      expect(readdirSync(found.rootfs)).toEqual(['new'])
    }
  })
})
