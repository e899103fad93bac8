/** The forms of whiteouts in an unpacked tree, and how to create them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { diskMeaning } from '../../system/disk-meaning.js'
import { errnoOf } from '../../system/errno.js'
import { fileFailure } from '../../system/file-failure.js'
import { systemCallsAvailable, makeNode, setXattr } from '../../system/index.js'

/**
 * The form of whiteouts in the tree of one layer: `overlay` for overlayfs, `aufs` as `.wh.` files like in the archive.
 */
export type WhiteoutForm = 'overlay' | 'aufs'

/** Also `apply`: the tree contains lower layers, and whiteouts delete from them. */
export type WhiteoutTreatment = WhiteoutForm | 'apply'

/**
 * Returns the form that can be created in the existing `directory`: `overlay` if the process may, otherwise `aufs`.
 * @throws WindlassError STORE_* when that cannot be tested, for example on a full disk
 */
export async function hostWhiteoutForm(directory: string): Promise<WhiteoutForm> {
  if (!systemCallsAvailable()) return 'aufs'
  try {
    const probe = await mkdtemp(join(directory, '.whiteouts-'))
    try {
      return canCreateOverlay(probe) ? 'overlay' : 'aufs'
    } finally {
      await rm(probe, { recursive: true, force: true })
    }
  } catch (error) {
    throw fileFailure(error, 'Testing which whiteouts the file system supports', directory)
  }
}

function canCreateOverlay(probe: string): boolean {
  try {
    makeOverlayWhiteout(Buffer.from(join(probe, 'hidden')))
    markOpaque(Buffer.from(probe))
    return true
  } catch (error) {
    // An error of a full or broken disk says nothing about permissions, so the test has no result.
    const { code = 'STORE_DENIED' } = diskMeaning(error) ?? {}
    if (code !== 'STORE_DENIED') throw error
    return false
  }
}

/**
 * Creates a whiteout of overlayfs: a character device 0/0. Since Linux 5.8, any user may create it.
 * @throws SystemError when mknod fails
 */
export function makeOverlayWhiteout(path: Buffer): void {
  const characterDevice = 0o020000
  makeNode(path, characterDevice, 0, 0)
}

/**
 * Marks a directory so that overlayfs hides the content of lower layers: with `trusted.overlay.opaque`, or, if the
 * process may not set it or the tree is for an ordinary user, with `user.overlay.opaque` (mounts with `userxattr`).
 * @throws SystemError when the attribute cannot be set
 */
export function markOpaque(path: Buffer, { forOrdinaryUser = false } = {}): void {
  const yes = Buffer.from('y')
  if (!forOrdinaryUser)
    try {
      setXattr(path, 'trusted.overlay.opaque', yes)
      return
    } catch (error) {
      if (!['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error
    }
  setXattr(path, 'user.overlay.opaque', yes)
}

/** The attribute of an opaque directory. */
export const opaqueXattr = 'trusted.overlay.opaque'
/** The attributes of an opaque directory in both namespaces. */
export const opaqueXattrs: ReadonlySet<string> = new Set([opaqueXattr, 'user.overlay.opaque'])

/** Reports whether the attribute belongs to overlayfs. Images must not set these attributes. */
export const isOverlayXattr = (name: string): boolean => /^(?:trusted|user)\.overlay\./.test(name)
