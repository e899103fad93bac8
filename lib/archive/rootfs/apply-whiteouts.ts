/**
 * Applies the whiteouts of a layer to a tree. A whiteout hides content of lower layers and never content of its own
 * layer, regardless of the order of entries. Whiteouts that are created on the disk have the time 0, so that the tree
 * of a layer does not depend on when it is unpacked.
 */
import { closeSync, constants, fchmodSync, lstatSync, lutimesSync, openSync, readdirSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { toPathBytes } from './bytes-path.js'
import { type Directory } from './directory.js'
import { maxPathBytes, checkNameLength } from './layer-path.js'
import type { RootTree } from './root-tree.js'
import { makeOverlayWhiteout, type WhiteoutTreatment } from '../whiteouts/form.js'
import { opaqueName, type Whiteout, whiteoutName } from '../whiteouts/name.js'

/** Applies whiteouts in one of the forms. */
export interface Whiteouts {
  /**
   * Applies a whiteout.
   * @param parent the normalized path of the directory that contains the whiteout
   * @param entry the name of the entry, for messages
   * @throws WindlassError LAYER_INVALID for a name that is too long; the errors of `node:fs`
   */
  apply(whiteout: Whiteout, parent: string, entry: string): void
}

/** Returns the implementation for `treatment`. */
export function makeWhiteouts(tree: RootTree, treatment: WhiteoutTreatment): Whiteouts {
  if (treatment === 'apply') return applyingWhiteouts(tree)
  return treatment === 'overlay' ? overlayWhiteouts(tree) : aufsWhiteouts(tree)
}

/** Removes the content of lower layers from the tree. A whiteout without a target has no effect. */
const applyingWhiteouts = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    const directory = tree.find(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') removeLower(tree, directory)
    else removeLowerName(tree, directory, whiteout.name, entry)
  },
})

function removeLowerName(tree: RootTree, directory: Directory, name: string, entry: string): void {
  checkNameLength(name, entry)
  if (directory.createdNames.has(name)) return
  const child = directory.child(name)
  if (child?.touched === true) {
    removeLower(tree, child)
    child.treatAsCreated()
  } else if (!directory.hasNoLowerContent && directory.pathOf(name).length <= maxPathBytes)
    tree.clear(directory, name)
}

/** Removes everything from `top` that this layer did not create. Visits each directory at most once per layer. */
function removeLower(tree: RootTree, top: Directory): void {
  const toVisit = [top]
  for (let at = toVisit.pop(); at !== undefined; at = toVisit.pop()) {
    if (at.hasNoLowerContent) continue
    at.hasNoLowerContent = true
    for (const name of readdirSync(toPathBytes(at.path), { encoding: 'latin1' })) {
      const child = at.child(name)
      if (child?.touched === true) {
        toVisit.push(child)
        // The attributes to restore came from lower layers, which are hidden now.
        child.lowerAttributes = undefined
      } else if (!at.createdNames.has(name)) tree.clear(at, name)
    }
  }
}

/** Creates whiteouts for overlayfs. The tree contains only this layer, so nothing is removed. */
const overlayWhiteouts = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    // An entry of this layer that is not a directory already hides everything below its name.
    const directory = tree.ensureUnlessBlocked(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') {
      directory.opaque = true
      return
    }
    const { name } = whiteout
    checkNameLength(name, entry)
    const child = tree.childOf(directory, name)
    if (child !== undefined) child.replacesLower = true
    else if (!directory.hasWhiteout(name)) makeWhiteout(directory, name)
  },
})

function makeWhiteout(directory: Directory, name: string): void {
  try {
    const path = toPathBytes(directory.pathOf(name))
    makeOverlayWhiteout(path)
    lutimesSync(path, 0, 0)
    directory.whiteoutNames.add(name)
    directory.timesChanged = true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
}

/** Records that `name` of lower layers is hidden. This layer may itself have created `name`, or create it later. */
function hideLower(tree: RootTree, directory: Directory, name: string): void {
  const child = tree.childOf(directory, name)
  if (child !== undefined) child.replacesLower = true
  else if (lstatSync(toPathBytes(directory.pathOf(name)), { throwIfNoEntry: false }) === undefined)
    directory.whiteoutNames.add(name)
}

/** Creates the `.wh.` files as empty files, whatever they contain in the archive. */
const aufsWhiteouts = (tree: RootTree): Whiteouts => ({
  apply(whiteout, parent, entry) {
    if (whiteout.kind === 'ignored') return
    const name = whiteout.kind === 'opaque' ? opaqueName : whiteoutName(whiteout.name)
    checkNameLength(name, entry)
    const directory = tree.ensureUnlessBlocked(parent, entry)
    if (directory === undefined) return
    if (whiteout.kind === 'opaque') directory.opaque = true
    else hideLower(tree, directory, whiteout.name)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    try {
      const path = toPathBytes(directory.pathOf(name))
      const fd = openSync(path, flags, 0o444)
      // The umask applies to open.
      fchmodSync(fd, 0o444)
      closeSync(fd)
      lutimesSync(path, 0, 0)
      directory.timesChanged = true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    }
  },
})
