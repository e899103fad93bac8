/** Whether this machine can mount overlayfs. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountFileSystem, unmount } from '../../lib/system/index.js'

/** Why overlayfs cannot be mounted by this process; undefined if it can. */
export const whyNoOverlay: string | undefined = probe()

function probe(): string | undefined {
  const top = mkdtempSync(join(tmpdir(), 'windlass-overlay-'))
  try {
    for (const name of ['a', 'b', 'merged']) mkdirSync(join(top, name))
    const target = join(top, 'merged')
    const options = `lowerdir=${join(top, 'a')}:${join(top, 'b')}`
    mountFileSystem({ source: 'windlass:probe', target, type: 'overlay', readOnly: true, options })
    unmount(target)
    return undefined
  } catch (error) {
    return `overlayfs cannot be mounted here: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    rmSync(top, { recursive: true, force: true })
  }
}
