/** The nodes of a `FlatTree`. */
import type { TarEntry } from '../tar/entry.js'

/** An entry that is not a directory. Hard links to it share one `Leaf`. */
export interface Leaf {
  readonly entry: TarEntry
  /** Position of the entry in its layer. */
  readonly ordinal: number
  /** Position of its layer in the image, from 0 for the base. */
  readonly layer: number
}

/** A name of a leaf. */
export interface LeafLink {
  readonly leaf: Leaf
  /** Position of the layer that created the name. */
  readonly layer: number
}

/** A directory. Layers are identified by their position in the image, from 0 for the base; -1 means none. */
export class FlatDirectory {
  readonly children = new Map<string, FlatDirectory | LeafLink>()
  /** The last layer that has an entry for the directory or for something below it. */
  touchedIn = -1
  /** The last layer whose whiteouts removed the content of lower layers from it. */
  emptiedIn = -1
  #entry: TarEntry | undefined
  #listedIn = -1

  constructor(
    readonly parent: FlatDirectory | undefined,
    readonly name: string,
  ) {}

  /** The entry that determines its attributes; undefined if no layer has one, or if whiteouts hide those layers. */
  get entry(): TarEntry | undefined {
    return this.#entry
  }

  /** The layer of `entry`; -1 without one. */
  get listedIn(): number {
    return this.#listedIn
  }

  /** Takes the attributes of an entry. */
  setEntry(entry: TarEntry, layer: number): void {
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
    if (this.touchedIn === layer) return
    this.touchedIn = layer
    for (let at = this.parent; at && at.touchedIn !== layer; at = at.parent) at.touchedIn = layer
  }
}
