/**
 * What a whiteout of a layer does to the tree it is applied to, in each form. A whiteout hides what lower layers
 * have and nothing of its own layer, wherever in the layer it stands. One that is kept has the time 0, as directories
 * that no entry names: a layer's tree is the same whenever it is unpacked.
 */
import { closeSync, constants, fchmodSync, lstatSync, lutimesSync, openSync, readdirSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { onDisk } from './bytes-path.js'
import { type Directory } from './directory.js'
import { longestPath, requireShort } from './layer-path.js'
import type { RootTree } from './root-tree.js'
import { makeOverlayWhiteout, type WhiteoutTreatment } from '../whiteouts/form.js'
import { opaqueName, type Whiteout, whiteoutName } from '../whiteouts/name.js'

export interface Whiteouts {
  /** Carries out the whiteout that an entry of the directory `parent` (cleaned path) is. */
  apply(whiteout: Whiteout, parent: string, entry: string): void
}

export function whiteoutsIn(tree: RootTree, treatment: WhiteoutTreatment): Whiteouts {
  if (treatment === 'apply') return applied(tree)
  return treatment === 'overlay' ? asOverlay(tree) : asAufs(tree)
}

/** Deletes from the lower layers that are in the tree; where there is nothing to delete, nothing happens. */
const applied = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    const directory = tree.find(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') removeLower(tree, directory)
    else removeLowerName(tree, directory, whiteout.name, entry)
  },
})

function removeLowerName(tree: RootTree, directory: Directory, name: string, entry: string): void {
  requireShort(name, entry)
  if (directory.made.has(name)) return
  const child = directory.child(name)
  if (child?.touched === true) {
    removeLower(tree, child)
    child.disown()
  } else if (!directory.fresh && directory.at(name).length <= longestPath) tree.clear(directory, name)
}

/** Leaves in `top` only what this layer made. Each directory is gone through once in the life of a layer. */
function removeLower(tree: RootTree, top: Directory): void {
  const open = [top]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.fresh) continue
    at.fresh = true
    for (const name of readdirSync(onDisk(at.path), { encoding: 'latin1' })) {
      const child = at.child(name)
      if (child?.touched === true) {
        open.push(child)
        // Not this layer's own unless it lists it: its attributes went with the lower layers.
        child.found = undefined
      } else if (!at.made.has(name)) tree.clear(at, name)
    }
  }
}

/** Leaves marks that overlayfs understands. What is in the tree is this layer's own, so it stays. */
const asOverlay = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    // What this layer made there, and is no directory, hides all of the lower ones already.
    const directory = tree.needUnlessBlocked(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') {
      directory.opaque = true
      return
    }
    const { name } = whiteout
    requireShort(name, entry)
    const child = tree.childOf(directory, name)
    if (child !== undefined) child.severed = true
    else if (!directory.hides(name)) hide(directory, name)
  },
})

function hide(directory: Directory, name: string): void {
  try {
    const path = onDisk(directory.at(name))
    makeOverlayWhiteout(path)
    lutimesSync(path, 0, 0)
    directory.hidden.add(name)
    directory.changed = true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

/** Remembers that what lower layers have as `name` is hidden, whether it is made before or after. */
function sever(tree: RootTree, directory: Directory, name: string): void {
  const child = tree.childOf(directory, name)
  if (child !== undefined) child.severed = true
  else if (lstatSync(onDisk(directory.at(name)), { throwIfNoEntry: false }) === undefined)
    directory.hidden.add(name)
}

/** Keeps the `.wh.` files as empty files, whatever they were in the archive. */
const asAufs = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    const name = whiteout.kind === 'opaque' ? opaqueName : whiteoutName(whiteout.name)
    requireShort(name, entry)
    const directory = tree.needUnlessBlocked(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') directory.opaque = true
    else sever(tree, directory, whiteout.name)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    try {
      const path = onDisk(directory.at(name))
      const fd = openSync(path, flags, 0o444)
      // Whatever the umask.
      fchmodSync(fd, 0o444)
      closeSync(fd)
      lutimesSync(path, 0, 0)
      directory.changed = true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  },
})
