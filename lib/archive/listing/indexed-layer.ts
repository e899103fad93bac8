/** A layer that is read and indexed only as far as needed. */
import type { LayerReader } from './layer-reader.js'
import { LayerIndex } from './layer-index.js'

/** A layer, and an index of the entries that were read from it. */
export class IndexedLayer {
  readonly index: LayerIndex

  constructor(
    readonly reader: LayerReader,
    isBase: boolean,
  ) {
    this.index = new LayerIndex(isBase)
  }

  /**
   * Reads until `isDecided` returns true, or to the end of the layer. Returns the index.
   * @param wanted path of a file whose content the caller will need; see `LayerReader.advance`
   * @throws WindlassError LAYER_INVALID for an entry that a file tree cannot have, such as a path below a file; errors of
   * the reader
   */
  async readUntil(isDecided: (index: LayerIndex) => boolean, wanted?: string): Promise<LayerIndex> {
    const { reader, index } = this
    for (;;) {
      for (let at = index.count; at < reader.entries.length; at++) index.add(reader.entries[at]!)
      if (reader.complete || isDecided(index)) return index
      await reader.advance(wanted)
    }
  }
}
