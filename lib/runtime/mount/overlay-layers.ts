/** Prepares and mounts the layers of an image with overlayfs. */
import { closeSync, constants, mkdirSync, openSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Owner } from '../../archive/index.js'
import { hasCapability, isInUserNamespace, mountFileSystem, SystemError } from '../../system/index.js'
import { buildMask, buildTree } from '../tree/build-tree.js'
import { correctionSteps, type TreeStep } from '../tree/corrections.js'
import { isRepeated, type LayerTreeSource, type OverlayXattrs, readLayers } from '../tree/read-layers.js'

/** What to mount, and where. */
export interface OverlayRequest {
  /** Base first. */
  readonly layers: readonly LayerTreeSource[]
  readonly target: string
  /** Directory of the mount, for its own layers. */
  readonly directory: string
  /** Text that the table of mounts shows as the source. */
  readonly source: string
  /** Directory with `upper` and `work`, which receives what is written; undefined for a read-only mount. */
  readonly changes: string | undefined
  /** The owner of all entries of the store; undefined if the trees have the owners of the image. */
  readonly owner: Owner | undefined
  readonly signal: AbortSignal
}

/** Maximum length of a list of directories. The options of mount(2) have at most 4095 bytes together. */
const maxListBytes = 3_800

/**
 * Mounts the layers at `target`. Above them is a layer that corrects what overlayfs shows to the flattened tree. About
 * 190 layers fit into one mount. More are mounted in two steps, which is as deep as overlayfs can be stacked.
 * @throws SystemError when overlayfs cannot be mounted; WindlassError STORE_* when the layers cannot be prepared
 */
export async function mountOverlay(request: OverlayRequest): Promise<void> {
  const { layers, directory, owner, signal, target, source, changes } = request
  const xattrs = overlayXattrs(owner)
  const { names, root } = await prepareLayers(layers, xattrs, directory, { owner, signal })
  // The topmost directory determines the attributes of the root.
  if (changes !== undefined && isEmpty(join(changes, 'upper')))
    await buildTree(join(changes, 'upper'), [root], { layers, placement: 'link', owner, signal })
  signal.throwIfAborted()
  // Paths through a descriptor are short, and contain no colon or comma, which would have to be escaped.
  const links = openDirectory(join(directory, 'l'))
  try {
    const paths = names.map((name) => `${viaFd(links)}/${name}`)
    const top = paths.splice(0, countThatFits(paths))
    if (paths.length > 0) {
      const base = join(directory, 'base')
      mkdirSync(base)
      // Two directories at least, because overlayfs does not mount a single one.
      paths.push(`${viaFd(links)}/none-2`)
      if (countThatFits(paths) < paths.length) throw SystemError.of('EINVAL', 'mount')
      mountLayers(paths, { xattrs, source, target: base })
      top.push(`${viaFd(links)}/base`)
    }
    mountLayers(top, { xattrs, source, target, changes })
  } finally {
    closeSync(links)
  }
}

/** Returns how many of the first `paths` fit into the options of one mount. */
function countThatFits(paths: readonly string[]): number {
  let bytes = 0
  const first = paths.findIndex((path) => (bytes += path.length + 1) > maxListBytes)
  return first < 0 ? paths.length : first
}

/**
 * Returns the attributes that a mount uses: `trusted.overlay.*`, which only root outside of user namespaces can set, or
 * `user.overlay.*`, which also the trees of a store have that belongs to an ordinary user.
 */
export const overlayXattrs = (owner: Owner | undefined): OverlayXattrs =>
  owner === undefined && hasCapability('CAP_SYS_ADMIN') && !isInUserNamespace()
    ? 'trusted.overlay.'
    : 'user.overlay.'

/**
 * Makes the layers of the mount itself, and a directory `l` with a link for each layer, whose short names keep the options
 * of the mount short. Returns the names, topmost first, and the step that makes the root.
 */
async function prepareLayers(
  layers: readonly LayerTreeSource[],
  xattrs: OverlayXattrs,
  directory: string,
  { owner, signal }: Pick<OverlayRequest, 'owner' | 'signal'>,
): Promise<{ readonly names: readonly string[]; readonly root: TreeStep }> {
  const links = join(directory, 'l')
  const make = (name: string): string => {
    const path = join(directory, name)
    mkdirSync(path)
    return path
  }
  mkdirSync(links)
  const { flat, overlay, masks, lowest } = await readLayers(layers, xattrs, signal)
  const corrections = make('corrections')
  const root = { uid: owner?.uid ?? process.geteuid?.() ?? 0, gid: owner?.gid ?? process.getegid?.() ?? 0 }
  const steps = correctionSteps(flat.root, overlay.root, { owner: root, layers })
  await buildTree(corrections, steps, { layers, placement: 'link', owner, signal })
  symlinkSync(make('none'), join(links, 'none'))
  symlinkSync(make('none-2'), join(links, 'none-2'))
  symlinkSync(join(directory, 'base'), join(links, 'base'))
  symlinkSync(corrections, join(links, 'top'))
  const names = ['none']
  for (const [index, { rootfs }] of layers.entries()) {
    if (index < lowest || isRepeated(layers, index)) continue
    const mask = masks[index] ?? []
    if (mask.length > 0) {
      buildMask(make(`mask-${index}`), mask, owner)
      symlinkSync(join(directory, `mask-${index}`), join(links, `m${index.toString(36)}`))
      names.push(`m${index.toString(36)}`)
    }
    symlinkSync(rootfs, join(links, index.toString(36)))
    names.push(index.toString(36))
  }
  return { names: ['top', ...names.reverse()], root: steps[0]! }
}

interface LayersMount {
  readonly xattrs: OverlayXattrs
  readonly source: string
  readonly target: string
  readonly changes?: string | undefined
}

/** @param paths the directories, topmost first */
function mountLayers(paths: readonly string[], { xattrs, source, target, changes }: LayersMount): void {
  const written = changes === undefined ? undefined : openDirectory(changes)
  try {
    const upper =
      written === undefined ? [] : ['upper', 'work'].map((name) => `${name}dir=${viaFd(written)}/${name}`)
    const options = [
      `lowerdir=${paths.join(':')}`,
      ...upper,
      ...(xattrs === 'user.overlay.'
        ? ['userxattr']
        : ['redirect_dir=nofollow', 'metacopy=off', 'index=off']),
    ]
    mountFileSystem({
      ...{ source, target, type: 'overlay', options: options.join(',') },
      readOnly: changes === undefined,
    })
  } finally {
    if (written !== undefined) closeSync(written)
  }
}

const viaFd = (fd: number): string => `/proc/self/fd/${fd}`

const openDirectory = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)

const isEmpty = (path: string): boolean => readdirSync(path).length === 0
