/**
 * Looks up a path from the top layer down, and stops as soon as the result is certain to be the same as after applying
 * all layers in order. If it finds no certain result, the caller applies all layers.
 */
import type { IndexedLayer } from './indexed-layer.js'
import type { LayerIndex, IndexedNode, IndexedLeaf } from './layer-index.js'
import { maxLinks } from './resolve-parents.js'

/** The entry that a path leads to. */
export interface Found {
  /** Position of the layer, from the top. */
  readonly layer: number
  /** Normalized path, with all links resolved. */
  readonly path: string
  /** Undefined for a directory. */
  readonly leaf: IndexedLeaf | undefined
}

/** A link on the way to a path. */
interface Link {
  readonly target: string
  /** The path of the directory that contains the link. */
  readonly directory: string
  /** The names after the link. */
  readonly rest: readonly string[]
}

/** Layers from the top to the base. */
type Layers = readonly IndexedLayer[]

/**
 * Looks up `path`, following links inside the root, including a link at the end. Returns undefined if there is no
 * certain result.
 * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED; errors of the source
 */
export async function lookUp(layers: Layers, path: string): Promise<Found | undefined> {
  let directory: string[] = []
  let remaining = path.split('/')
  let links = 0
  for (;;) {
    const parentAt = remaining.indexOf('..')
    const names = remaining
      .slice(0, parentAt < 0 ? undefined : parentAt)
      .filter((name) => name !== '' && name !== '.')
    remaining = parentAt < 0 ? [] : remaining.slice(parentAt)
    const found = names.length === 0 ? undefined : await findUpToLink(layers, [...directory, ...names])
    if (names.length > 0 && found === undefined) return undefined
    if (found !== undefined && 'target' in found) {
      if (++links > maxLinks) return undefined
      directory = found.target.startsWith('/') || found.directory === '' ? [] : found.directory.split('/')
      remaining = [...found.target.split('/'), ...found.rest, ...remaining]
      continue
    }
    if (remaining.length === 0) return found
    // `..` is invalid after a file.
    if (found?.leaf !== undefined) return undefined
    directory = [...directory, ...names].slice(0, -1)
    remaining = remaining.slice(1)
  }
}

/** Looks up a path without `..`, up to the first link. */
async function findUpToLink(layers: Layers, names: readonly string[]): Promise<Found | Link | undefined> {
  const path = names.join('/')
  const prefixes = names.map((_, at) => names.slice(0, at + 1).join('/'))
  /**
   * For each prefix: `listed` if a layer has an entry for the directory, `implied` if layers only have entries below
   * it.
   */
  const directories: ('listed' | 'implied' | undefined)[] = []
  for (const [layer, each] of layers.entries()) {
    const index = await each.readUntil((read) => isDecided(read, prefixes), path)
    if (index.needsAllLayers) return undefined
    for (const [depth, prefix] of prefixes.entries()) {
      const node = index.at(prefix)
      if (node === undefined) break
      const isLast = depth === prefixes.length - 1
      if (node.kind === 'directory') {
        directories[depth] = isListed(node) ? 'listed' : (directories[depth] ?? 'implied')
        if (!isLast || directories[depth] !== 'listed') continue
      } else if (directories[depth] !== undefined) return undefined // an upper layer put a directory in its place
      const certain = await isCertain(layers, {
        layer,
        path,
        prefixes: prefixes.slice(0, depth),
        directories,
      })
      if (!certain) return undefined
      const leaf = node.kind === 'leaf' ? node : undefined
      if (leaf?.entry.type === 'symlink')
        return {
          target: leaf.entry.linkTarget,
          directory: prefixes[depth - 1] ?? '',
          rest: names.slice(depth + 1),
        }
      return isLast ? { layer, path, leaf } : undefined
    }
    if (hidesBelow(index, prefixes)) return undefined
  }
  return undefined
}

/** Reports whether the layer need not be read further to look up the last of `prefixes`. */
const isDecided = (index: LayerIndex, prefixes: readonly string[]): boolean =>
  index.needsAllLayers ||
  prefixes.some((prefix, depth) => {
    const node = index.at(prefix)
    return node?.kind === 'leaf' || (depth === prefixes.length - 1 && isListed(node))
  })

const isListed = (node: IndexedNode): boolean =>
  node?.kind === 'directory' && node.listedFirst && node.entry !== undefined

const hidesBelow = (index: LayerIndex, prefixes: readonly string[]): boolean =>
  index.isOpaque('') || prefixes.some((prefix) => index.hidesLower(prefix))

interface Candidate {
  readonly layer: number
  readonly path: string
  /** The directories on the way. */
  readonly prefixes: readonly string[]
  readonly directories: readonly ('listed' | 'implied' | undefined)[]
}

/** Reports whether neither a lower layer nor an entry at another path can change the candidate. */
async function isCertain(
  layers: Layers,
  { layer, path, prefixes, directories }: Candidate,
): Promise<boolean> {
  if (layers.slice(0, layer + 1).some(({ index }) => index.mayChangeThroughLink(path))) return false
  for (const [depth, prefix] of prefixes.entries())
    if (directories[depth] !== 'listed' && !(await isDirectory(layers.slice(layer + 1), prefix))) return false
  return true
}

/** Reports whether `path`, below which an upper layer has entries, is certainly not a link in the `lower` layers. */
async function isDirectory(lower: Layers, path: string): Promise<boolean> {
  const names = path.split('/')
  const prefixes = names.map((_, at) => names.slice(0, at + 1).join('/'))
  for (const each of lower) {
    const index = await each.readUntil((read) => isDecided(read, prefixes))
    if (index.needsAllLayers) return false
    const node = index.at(path)
    if (node?.kind === 'leaf') return node.entry.type !== 'symlink'
    if (isListed(node) || hidesBelow(index, prefixes)) return true
  }
  return true
}
