/** How whiteouts are kept in an unpacked tree, and which form this process may make. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { diskMeaning } from '../../system/disk-meaning.js'
import { errnoOf } from '../../system/errno.js'
import { fileFailure } from '../../system/file-failure.js'
import { available, makeNode, setXattr } from '../../system/index.js'

/** In a layer's own directory: `overlay` as overlayfs reads them, `aufs` as `.wh.` files like in the archive. */
export type WhiteoutForm = 'overlay' | 'aufs'

/** `apply`: there are lower layers in the tree already, and a whiteout deletes from them. */
export type WhiteoutTreatment = WhiteoutForm | 'apply'

/**
 * The form that can be made in `directory` (which exists): `overlay` where the process may, else `aufs`.
 * @throws WindlassError of the store where that cannot be told, as on a full disk
 */
export async function hostWhiteoutForm(directory: string): Promise<WhiteoutForm> {
  if (!available()) return 'aufs'
  try {
    const probe = await mkdtemp(join(directory, '.whiteouts-'))
    try {
      return mayMakeOverlay(probe) ? 'overlay' : 'aufs'
    } finally {
      await rm(probe, { recursive: true, force: true })
    }
  } catch (error) {
    throw fileFailure(error, 'Trying which whiteouts can be made', directory)
  }
}

function mayMakeOverlay(probe: string): boolean {
  try {
    makeOverlayWhiteout(Buffer.from(join(probe, 'hidden')))
    markOpaque(Buffer.from(probe))
    return true
  } catch (error) {
    // A disk that is full or broken says nothing of what it would allow.
    const { code = 'STORE_DENIED' } = diskMeaning(error) ?? {}
    if (code !== 'STORE_DENIED') throw error
    return false
  }
}

/** What overlayfs takes for "nothing is here": a character device 0/0. Linux lets anyone make it since 5.8. */
export function makeOverlayWhiteout(path: Buffer): void {
  const characterDevice = 0o020000
  makeNode(path, characterDevice, 0, 0)
}

/**
 * Marks a directory so that overlayfs shows nothing of lower layers in it: `trusted.overlay.opaque`, or for a process
 * that may not set it, and in a tree for an ordinary user, `user.overlay.opaque` (mounts with `userxattr`).
 */
export function markOpaque(path: Buffer, { ordinary = false } = {}): void {
  const yes = Buffer.from('y')
  if (!ordinary)
    try {
      setXattr(path, 'trusted.overlay.opaque', yes)
      return
    } catch (error) {
      if (!['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP'].includes(errnoOf(error) ?? '')) throw error
    }
  setXattr(path, 'user.overlay.opaque', yes)
}

export const opaqueXattr = 'trusted.overlay.opaque'
export const opaqueXattrs: ReadonlySet<string> = new Set([opaqueXattr, 'user.overlay.opaque'])

/** Attributes through which overlayfs itself speaks: in an image they are foreign and never set. */
export const isOverlayXattr = (name: string): boolean => /^(?:trusted|user)\.overlay\./.test(name)
