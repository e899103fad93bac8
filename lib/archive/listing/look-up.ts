/**
 * Looks up a path from the top layer down, and stops as soon as the answer is certain. Returns an answer only if applying
 * all layers in order would give the same one; otherwise, and if nothing is found, the caller applies all layers.
 */
import type { IndexedLayer } from './indexed-layer.js'
import type { LayerIndex, Own, OwnLeaf } from './layer-index.js'
import { maxLinks } from './resolve-parents.js'

/** What a path leads to. */
export interface Found {
  /** Position of the layer, from the top. */
  readonly layer: number
  /** Normalized path, with all links resolved. */
  readonly path: string
  /** Undefined for a directory. */
  readonly leaf: OwnLeaf | undefined
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
 * Looks up `path`, following links inside the root, including a link at the end. Returns undefined if the answer requires
 * applying all layers.
 * @throws WindlassError LAYER_INVALID, LIMIT_EXCEEDED; errors of the source
 */
export async function lookUp(layers: Layers, path: string): Promise<Found | undefined> {
  let directory: string[] = []
  let remaining = path.split('/')
  let links = 0
  for (;;) {
    const up = remaining.indexOf('..')
    const names = remaining.slice(0, up < 0 ? undefined : up).filter((name) => name !== '' && name !== '.')
    remaining = up < 0 ? [] : remaining.slice(up)
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
  /** For each prefix, whether a layer lists it as a directory, or only has entries in it. */
  const directories: ('listed' | 'implied' | undefined)[] = []
  for (const [layer, each] of layers.entries()) {
    const index = await each.readUntil((read) => isDecided(read, prefixes), path)
    if (index.irregular) return undefined
    for (const [depth, prefix] of prefixes.entries()) {
      const own = index.at(prefix)
      if (own === undefined) break
      const isLast = depth === prefixes.length - 1
      if (own.kind === 'directory') {
        directories[depth] = isListed(own) ? 'listed' : (directories[depth] ?? 'implied')
        if (!isLast || directories[depth] !== 'listed') continue
      } else if (directories[depth] !== undefined) return undefined // an upper layer put a directory in its place
      const certain = await isCertain(layers, {
        layer,
        path,
        prefixes: prefixes.slice(0, depth),
        directories,
      })
      if (!certain) return undefined
      const leaf = own.kind === 'leaf' ? own : undefined
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

/** Reports whether no later entry of the layer is needed for an answer about the last of `prefixes`. */
const isDecided = (index: LayerIndex, prefixes: readonly string[]): boolean =>
  index.irregular ||
  prefixes.some((prefix, depth) => {
    const own = index.at(prefix)
    return own?.kind === 'leaf' || (depth === prefixes.length - 1 && isListed(own))
  })

const isListed = (own: Own): boolean =>
  own?.kind === 'directory' && own.listedFirst && own.entry !== undefined

const hidesBelow = (index: LayerIndex, prefixes: readonly string[]): boolean =>
  index.isOpaque('') || prefixes.some((prefix) => index.hidesLower(prefix))

interface Answer {
  readonly layer: number
  readonly path: string
  /** The directories on the way. */
  readonly prefixes: readonly string[]
  readonly directories: readonly ('listed' | 'implied' | undefined)[]
}

/** Reports whether neither a lower layer nor an entry at another path changes the answer. */
async function isCertain(layers: Layers, { layer, path, prefixes, directories }: Answer): Promise<boolean> {
  if (layers.slice(0, layer + 1).some(({ index }) => index.mayReach(path))) return false
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
    if (index.irregular) return false
    const own = index.at(path)
    if (own?.kind === 'leaf') return own.entry.type !== 'symlink'
    if (isListed(own) || hidesBelow(index, prefixes)) return true
  }
  return true
}
