/** The nodes of a `FlatTree`. */
import type { TarEntry } from '../tar/entry.js'

/** An entry that is not a directory. Hard links share one. */
export interface Leaf {
  readonly entry: TarEntry
  /** Position of the entry in its layer. */
  readonly ordinal: number
  /** Position of its layer in the image, from 0 for the base. */
  readonly layer: number
}

/** A name of a leaf, and the layer that created the name. */
export interface FlatLeaf {
  readonly leaf: Leaf
  readonly layer: number
}

/** A directory. */
export class FlatDirectory {
  readonly children = new Map<string, FlatDirectory | FlatLeaf>()
  /** The last layer that has an entry for it or for something below it. */
  touched = -1
  /** The last layer whose whiteouts removed the content of lower layers from it. */
  emptiedIn = -1
  #entry: TarEntry | undefined
  #listedIn = -1

  constructor(
    readonly parent: FlatDirectory | undefined,
    readonly name: string,
  ) {}

  /** The entry whose attributes it has; undefined if no layer lists it, or a whiteout has hidden those that do. */
  get entry(): TarEntry | undefined {
    return this.#entry
  }

  /** The layer of `entry`; -1 without one. */
  get listedIn(): number {
    return this.#listedIn
  }

  /** Takes the attributes of an entry. */
  list(entry: TarEntry, layer: number): void {
    this.#entry = entry
    this.#listedIn = layer
  }

  /** Drops attributes from layers below `layer`, as if `layer` had created the directory. */
  treatAsCreated(layer: number): void {
    if (this.#listedIn === layer) return
    this.#entry = undefined
    this.#listedIn = -1
  }

  /** Records that `layer` has something in or below it. */
  touch(layer: number): void {
    if (this.touched === layer) return
    this.touched = layer
    for (let at = this.parent; at && at.touched !== layer; at = at.parent) at.touched = layer
  }
}
