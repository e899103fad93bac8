/** Reads the entries of a layer from its archive, forward and only as far as needed. */
import { WindlassError } from '../../errors.js'
import { invalidEntryError } from '../failure.js'
import type { TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { pathOf } from './entry-path.js'
import type { FileReading, LayerReader } from './layer-reader.js'
import { type PassOptions, TarPass } from './tar-pass.js'

/** What a `TarLayer` reads. */
export type TarLayerOptions = Omit<PassOptions, 'onEntry'>

/** Reads the archive of a layer without a table of contents, or with a table that cannot be used. */
export class TarLayer implements LayerReader {
  readonly entries: TarEntry[] = []
  readonly #options: TarLayerOptions
  readonly #pass: TarPass
  readonly #secondPasses = new Set<TarPass>()
  #wanted: string | undefined

  constructor(options: TarLayerOptions) {
    this.#options = options
    this.#pass = new TarPass({
      ...options,
      onEntry: (entry) => {
        this.entries.push(entry)
        return entry.type === 'file' && this.#wanted !== undefined && pathOf(entry) === this.#wanted
      },
    })
  }

  get complete(): boolean {
    return this.#pass.ended
  }

  get verified(): boolean {
    return this.#pass.ended
  }

  /** Bytes of the archive so far. */
  get bytes(): number {
    return this.#pass.bytes
  }

  async advance(wanted?: string): Promise<void> {
    this.#wanted = wanted
    // If the dropped content is needed later, a second pass reads it again.
    this.#pass.dropContent()
    const { length } = this.entries
    while (this.entries.length === length && (await this.#pass.advance()));
  }

  content(ordinal: number): FileReading {
    return { verified: false, read: ({ verify }) => this.#read(ordinal, verify) }
  }

  async close(): Promise<void> {
    await Promise.all([this.#pass, ...this.#secondPasses].map((pass) => pass.close()))
  }

  async *#read(ordinal: number, verify: boolean): AsyncGenerator<Buffer, void, undefined> {
    const isKept = this.#pass.keptOrdinal === ordinal
    const pass = isKept ? this.#pass : this.#secondPass(ordinal)
    try {
      yield* contentOf(pass, this.entries[ordinal]!)
      while (verify && (await pass.advance()));
    } finally {
      await pass.close()
      this.#secondPasses.delete(pass)
    }
  }

  /** Starts a second pass, which keeps the content of the entry at `ordinal`. */
  #secondPass(ordinal: number): TarPass {
    const expected = this.entries[ordinal]!
    const pass = new TarPass({
      ...this.#options,
      onEntry: (entry, position) => {
        if (position !== ordinal) return false
        if (entry.path === expected.path && entry.size === expected.size) return true
        throw new WindlassError(
          'DIGEST_MISMATCH',
          `Reading ${quotedLatin1(expected.path)} failed: the registry sent another layer the second time`,
          { hint: 'The registry, or a proxy or cache in between, sent wrong data.' },
        )
      },
    })
    this.#secondPasses.add(pass)
    return pass
  }
}

/** Yields the content that `pass` keeps, with holes filled. */
async function* contentOf(pass: TarPass, { size, path }: TarEntry): AsyncGenerator<Buffer, void, undefined> {
  let position = 0
  for (;;) {
    const isWhole = pass.isKeptComplete
    for (const { offset, bytes } of pass.pieces.splice(0)) {
      yield* yieldZeros(offset - position)
      yield bytes
      position = offset + bytes.length
    }
    if (isWhole) break
    const isMore = await pass.advance()
    if (!isMore && pass.keptOrdinal === undefined)
      throw invalidEntryError(path, 'its content was missing when the layer was read a second time')
  }
  yield* yieldZeros(size - position)
}

const zeroChunk = Buffer.alloc(64 * 1024)

/** Yields the content of a hole of `length` bytes. */
function* yieldZeros(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= zeroChunk.length) yield zeroChunk.subarray(0, left)
}
