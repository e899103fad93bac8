/** The files of an image: looks up one without reading more of the layers than needed, or lists all of them. */
import { WindlassError } from '../../errors.js'
import type { Limits } from '../../limits.js'
import { invalidEntryError } from '../failure.js'
import { parentOf } from './entry-path.js'
import { FlatDirectory } from './flat-node.js'
import { type FlatEntry, FlatTree } from './flat-tree.js'
import { IndexedLayer } from './indexed-layer.js'
import type { LayerReader } from './layer-reader.js'
import { type ListedFile, toListedFile, toListedLeaf } from './listed-file.js'
import { lookUp } from './look-up.js'
import { requireFile, resolvePath } from './resolve-path.js'

/** A file, and what is needed to read its content. */
export interface LocatedFile {
  readonly file: ListedFile
  /** Position of the layer with the content, from 0 for the base. */
  readonly layer: number
  /** Position of the entry with the content in that layer. */
  readonly ordinal: number
  /** The path that the caller has asked for, before links were resolved. */
  readonly requestedPath: string
  /**
   * Whether all layers that were read for the lookup are verified, and the content is verified before it is yielded.
   */
  readonly verified: boolean
}

/** The layers of an image, read only as far as needed. */
export class ImageTree {
  readonly #layers: readonly IndexedLayer[]
  #tree: Promise<FlatTree> | undefined

  /** @param layers the readers of the layers, base first */
  constructor(
    layers: readonly LayerReader[],
    private readonly limits: Limits,
  ) {
    this.#layers = layers.map((reader, at) => new IndexedLayer(reader, at === 0))
  }

  /**
   * Finds the file at `path`, following links inside the image.
   * @param path latin1, one character per byte
   * @throws WindlassError FILE_UNKNOWN when nothing exists there, or too many links lead there; NOT_A_FILE for a
   * directory, device or FIFO; LAYER_INVALID, LIMIT_EXCEEDED; errors of the source
   */
  async find(path: string): Promise<LocatedFile> {
    const top = this.#layers.length - 1
    const found = await lookUp([...this.#layers].reverse(), path)
    if (found?.leaf?.entry.type !== 'file') return this.#findFlat(path)
    const { leaf } = found
    const layer = top - found.layer
    const { reader } = this.#layers[layer]!
    return {
      file: toListedLeaf(found.path, leaf.entry, undefined, layer),
      layer,
      ordinal: leaf.ordinal,
      requestedPath: path,
      verified: this.#isVerified && reader.content(leaf.ordinal).verified,
    }
  }

  /**
   * Yields the content of a file. With `verify`, then reads all layers that were read for the lookup to their ends.
   * Throws if one of them is not the layer that the manifest states, or if the lookup now finds another entry.
   * @throws DIGEST_MISMATCH, SIZE_MISMATCH; LAYER_INVALID when a later entry of the layer replaces the file; errors of
   * the source
   */
  async *content(
    { layer, ordinal, requestedPath, file }: LocatedFile,
    { verify }: { readonly verify: boolean },
  ): AsyncGenerator<Buffer, void, undefined> {
    yield* this.#layers[layer]!.reader.content(ordinal).read({ verify })
    if (!verify) return
    for (const { reader } of this.#layers)
      if (reader.entries.length > 0) while (!reader.complete) await reader.advance()
    const foundAgain = await this.find(requestedPath).catch(ignoreMissingFile)
    if (foundAgain?.layer !== layer || foundAgain.ordinal !== ordinal)
      throw invalidEntryError(
        file.rawPath,
        'a later entry of the layer replaces it',
        'The content is not that of the image. Read the file again: the last entry is used.',
      )
  }

  /**
   * Lists the files below the directory `under`, in byte order of the paths; without `recursive`, only its direct
   * children. Returns only `under` itself if it is not a directory.
   * @throws as `find`, except NOT_A_FILE
   */
  async list(under = '', { recursive = true } = {}): Promise<readonly ListedFile[]> {
    const tree = await this.#flatten()
    const { path: top, node } = resolvePath(tree, under)
    const isListed = ({ path }: FlatEntry): boolean => {
      if (!(node instanceof FlatDirectory)) return path === top
      return recursive ? top === '' || path.startsWith(`${top}/`) : parentOf(path) === top
    }
    return tree.entries().filter(isListed).map(toListedFile)
  }

  /** Whether all layers from which an entry was read are verified. */
  get #isVerified(): boolean {
    return this.#layers.every(({ reader }) => reader.entries.length === 0 || reader.verified)
  }

  async #findFlat(path: string): Promise<LocatedFile> {
    const tree = await this.#flatten()
    const { leaf, path: resolved } = requireFile(resolvePath(tree, path), path)
    return {
      file: toListedLeaf(resolved, leaf.entry, undefined, leaf.layer),
      layer: leaf.layer,
      ordinal: leaf.ordinal,
      requestedPath: path,
      verified: this.#isVerified && this.#layers[leaf.layer]!.reader.content(leaf.ordinal).verified,
    }
  }

  #flatten(): Promise<FlatTree> {
    return (this.#tree ??= this.#applyLayers())
  }

  async #applyLayers(): Promise<FlatTree> {
    const tree = new FlatTree(this.limits.layerDirectories)
    for (const { reader } of this.#layers) {
      tree.nextLayer()
      for (let at = 0; ;) {
        for (; at < reader.entries.length; at++) tree.apply(reader.entries[at]!, at)
        if (reader.complete) break
        await reader.advance()
      }
    }
    return tree
  }
}

/** Returns undefined if the path names no file any more. */
function ignoreMissingFile(error: unknown): undefined {
  if (error instanceof WindlassError && (error.code === 'FILE_UNKNOWN' || error.code === 'NOT_A_FILE')) return
  throw error
}
