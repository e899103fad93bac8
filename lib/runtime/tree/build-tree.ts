/** Carries out the steps of `correctionSteps`, and makes the layers with the whiteouts that overlayfs does not recognize. */
import { chmodSync, closeSync, constants, linkSync, lstatSync, openSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import {
  latin1Of,
  LayerApplier,
  makeOverlayWhiteout,
  type Owner,
  type TarEntry,
  withPermission,
} from '../../archive/index.js'
import { errnoOf } from '../../system/index.js'
import type { TreeStep } from './corrections.js'

/** How the files of a tree are made: as hard links to the files of the layers, or with shared content (`reflink`). */
export type LeafPlacement = 'link' | 'reflink'

/** Options of `buildTree`. */
export interface BuildOptions {
  /** Trees of the layers, base first. */
  readonly layers: readonly { readonly rootfs: string }[]
  readonly placement: LeafPlacement
  /** The owner of all entries; undefined to keep those of the layers as far as this process may. */
  readonly owner?: Owner | undefined
  readonly signal?: AbortSignal | undefined
}

const stepsPerTurn = 2_000
const toBytes = (path: string): Buffer => Buffer.from(path, 'latin1')

/**
 * Makes a tree in the empty directory `root`.
 * @throws WindlassError STORE_* and errors of the system, for example EXDEV when a link would lead to another file system
 */
export async function buildTree(
  root: string,
  steps: readonly TreeStep[],
  { layers, placement, owner, signal }: BuildOptions,
): Promise<void> {
  const applier = new LayerApplier({ root, whiteouts: 'overlay', ...(owner && { owner }) })
  const bases = layers.map(({ rootfs }) => latin1Of(rootfs))
  const top = latin1Of(root)
  const placed = new Map<object, string>()
  try {
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'directory') applier.entry(step.entry)
      else if (step.kind === 'whiteout') makeOverlayWhiteout(toBytes(`${top}/${step.path}`))
      else {
        const { leaf, path } = step
        const base = bases[leaf.layer] ?? ''
        const first = placed.get(leaf)
        if (placement === 'link')
          withAccess(base, leaf.entry.path, () =>
            linkSync(toBytes(`${base}/${leaf.entry.path}`), toBytes(`${top}/${path}`)),
          )
        else if (first !== undefined) linkSync(toBytes(`${top}/${first}`), toBytes(`${top}/${path}`))
        else share(applier, { ...leaf.entry, path }, () => openContent(base, leaf.entry.path))
        placed.set(leaf, path)
      }
      if (index % stepsPerTurn !== 0) continue
      await setImmediate()
      signal?.throwIfAborted()
    }
    applier.finish()
  } finally {
    applier.close()
  }
}

/** Makes a file that shares its content with the one that `open` opens, or an entry without content. */
function share(applier: LayerApplier, entry: TarEntry, open: () => number): void {
  applier.entry(entry)
  if (entry.type === 'file' && entry.size > 0) {
    const fd = open()
    try {
      applier.clone(fd)
    } finally {
      closeSync(fd)
    }
  }
  applier.end()
}

/** Opens a file of the tree at `base` for reading, also if its mode, or that of a directory, denies this to its owner. */
function openContent(base: string, path: string): number {
  const file = toBytes(`${base}/${path}`)
  return withAccess(base, path, () =>
    withPermission(file, lstatSync(file).mode & 0o7777, 0o400, () =>
      openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW),
    ),
  )
}

/**
 * Returns the result of `work`. If it fails with EACCES, makes the directories above `path` in the tree at `base` accessible to their owner,
 * calls it again, and restores their modes.
 */
function withAccess<T>(base: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
  }
  const changed: { readonly at: Buffer; readonly mode: number }[] = []
  try {
    let at = base
    for (const name of ['', ...path.split('/').slice(0, -1)]) {
      at = name === '' ? at : `${at}/${name}`
      const mode = lstatSync(toBytes(at)).mode & 0o7777
      if ((mode & 0o100) !== 0) continue
      chmodSync(toBytes(at), mode | 0o100)
      changed.push({ at: toBytes(at), mode })
    }
    return work()
  } finally {
    for (const { at, mode } of changed.reverse()) chmodSync(at, mode)
  }
}

/** Makes a layer of whiteouts, in the form of overlayfs, in the empty directory `root`. @throws WindlassError STORE_* */
export function buildMask(root: string, whiteouts: readonly TarEntry[], owner?: Owner): void {
  const applier = new LayerApplier({ root, whiteouts: 'overlay', ...(owner && { owner }) })
  try {
    for (const entry of whiteouts) {
      applier.entry(entry)
      applier.end()
    }
    applier.finish()
  } finally {
    applier.close()
  }
}
