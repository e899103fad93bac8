import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { UnpackPool } from '../../../../lib/archive/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { mountImage } from '../../../../lib/runtime/mount/mount-image.js'
import { mountOverlay } from '../../../../lib/runtime/mount/overlay-layers.js'
import { commitLayer, diffIDOf, layerBlob } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/runtime/mount/overlay-layers.js', { spy: true })

const stores = new TemporaryStores()

describe('a writable mount where overlayfs is not available', () => {
  it('shares no file with the store, which keeps its content', async () => {
    vi.mocked(mountOverlay).mockRejectedValueOnce(Object.assign(new Error('refused'), { code: 'EPERM' }))
    const store = await stores.open()
    const { rootfs } = await commitLayer(store, 'a')
    const { digest, size } = layerBlob('a')
    const pool = new UnpackPool({ workers: 1 })
    const [manifest, config] = [digestOf(Buffer.from('a manifest')), digestOf(Buffer.from('a config'))]
    const warnings: string[] = []
    const { method, target } = await mountImage(
      {
        ...{ name: 'app', manifestDigest: manifest, documents: [config] },
        layers: [{ digest, size, diffID: diffIDOf('a') }],
      },
      {
        ...{ target: `${store.directory}-mounted`, writable: true, signal: new AbortController().signal },
        onWarning: (code) => void warnings.push(code),
      },
      { store, pool },
    )
    await pool.close()
    expect(['reflink', 'copy']).toContain(method)
    expect(warnings).toContain('MOUNT_FALLBACK')
    // What a collection must keep while the image is mounted.
    const [record] = await store.mounts.list()
    expect(record?.holds).toEqual([manifest, config, digest, diffIDOf('a')])
    const before = readFileSync(join(rootfs, 'file'), 'utf8')
    appendFileSync(join(target, 'file'), ' changed')
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe(`${before} changed`)
    expect(readFileSync(join(rootfs, 'file'), 'utf8')).toBe(before)
  })
})
