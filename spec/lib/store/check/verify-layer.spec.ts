import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withTreeLock } from '../../../../lib/store/check/verify-layer.js'
import { openPaths } from '../../../support/open-paths.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
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
