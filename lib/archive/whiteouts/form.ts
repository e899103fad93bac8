/** How whiteouts are kept in an unpacked tree, and which form this process may make. */
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { available, makeNode, setXattr } from '../../system/index.js'

/** In a layer's own directory: `overlay` as overlayfs reads them, `aufs` as `.wh.` files like in the archive. */
export type WhiteoutForm = 'overlay' | 'aufs'

/** `apply`: there are lower layers in the tree already, and a whiteout deletes from them. */
export type WhiteoutTreatment = WhiteoutForm | 'apply'

/** The form that can be made in `directory` (which exists): `overlay` where the process may, else `aufs`. */
export async function hostWhiteoutForm(directory: string): Promise<WhiteoutForm> {
  if (!available()) return 'aufs'
  const probe = await mkdtemp(join(directory, '.whiteouts-'))
  try {
    makeOverlayWhiteout(Buffer.from(join(probe, 'hidden')))
    markOpaque(Buffer.from(probe))
    return 'overlay'
  } catch {
    return 'aufs'
  } finally {
    await rm(probe, { recursive: true, force: true })
  }
}

/** What overlayfs takes for "nothing is here": a character device 0/0. Linux lets anyone make it since 5.8. */
export function makeOverlayWhiteout(path: Buffer): void {
  const characterDevice = 0o020000
  makeNode(path, characterDevice, 0, 0)
}

/**
 * Marks a directory so that overlayfs shows nothing of lower layers in it: `trusted.overlay.opaque`, or for a process
 * that may not set it `user.overlay.opaque` (mounts with `userxattr`).
 */
export function markOpaque(path: Buffer): void {
  const yes = Buffer.from('y')
  try {
    setXattr(path, 'trusted.overlay.opaque', yes)
  } catch {
    setXattr(path, 'user.overlay.opaque', yes)
  }
}

export const opaqueXattrs: ReadonlySet<string> = new Set(['trusted.overlay.opaque', 'user.overlay.opaque'])

/** Attributes through which overlayfs itself speaks: in an image they are foreign and never set. */
export const isOverlayXattr = (name: string): boolean => /^(?:trusted|user)\.overlay\./.test(name)
