/** A layer that is opened when it is first read. */
import type { TarEntry } from '../tar/entry.js'
import type { FileReading, LayerReader } from './layer-reader.js'

/** Delays the opening of a layer until its first read. */
export class LazyLayer implements LayerReader {
  #opening: Promise<LayerReader> | undefined
  #reader: LayerReader | undefined

  /** @param open returns the reader of the layer */
  constructor(private readonly open: () => Promise<LayerReader>) {}

  get entries(): readonly TarEntry[] {
    return this.#reader?.entries ?? []
  }

  get complete(): boolean {
    return this.#reader?.complete ?? false
  }

  get verified(): boolean {
    return this.#reader?.verified ?? false
  }

  async advance(wanted?: string): Promise<void> {
    const reader = (this.#reader ??= await (this.#opening ??= this.open()))
    if (!reader.complete) await reader.advance(wanted)
  }

  content(ordinal: number): FileReading {
    return this.#reader!.content(ordinal) // an entry is known, so the layer is open
  }

  async close(): Promise<void> {
    await (await this.#opening?.catch(() => undefined))?.close()
  }
}
