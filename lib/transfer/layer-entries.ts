/** Provides `LayerEntries`, which passes the archive entries of layers to a callback of the program (the sink). */
import type { Scope } from '../flow/index.js'
import type { ArchiveEntry, EntrySink } from '../archive/index.js'
import { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/index.js'
import type { PlannedLayer } from './elements.js'

/** The layer of an entry. */
export interface EntryLayer extends Pick<PlannedLayer, 'descriptor' | 'positions'> {
  /**
   * Number of the attempt to read the layer, from 1. Each attempt begins with the first entry. Discard the entries of
   * earlier attempts.
   */
  readonly attempt: number
}

/** What a sink receives besides the entry. */
export interface LayerEntryContext {
  readonly layer: EntryLayer
  /** Aborted when the layer fails, is cancelled or is read again from its start. */
  readonly signal: AbortSignal
}

/**
 * Receives every entry of every layer, in archive order within a layer. If it returns a promise, the next entry of the
 * layer follows when the promise has resolved. Several layers may be read concurrently. The bytes are not verified yet:
 * do not rely on an entry before the pull has succeeded. An error fails the pull before the layer is committed.
 */
export type LayerEntrySink = (entry: ArchiveEntry, context: LayerEntryContext) => unknown

/** Passes the entries of the layers of one pull to a sink, and records which layers the sink has received. */
export class LayerEntries {
  readonly #sink: LayerEntrySink
  readonly #layers = new WeakMap<Descriptor, { attempt: number; complete: boolean }>()

  constructor(sink: LayerEntrySink) {
    this.#sink = sink
  }

  /**
   * Begins an attempt to read a layer, and returns its sink.
   * @param scope - lists the entry in `running` while the sink works on it
   */
  begin(
    { descriptor, positions }: Pick<PlannedLayer, 'descriptor' | 'positions'>,
    scope?: Pick<Scope, 'enter' | 'leave'>,
  ): EntrySink {
    const attempt = (this.#layers.get(descriptor)?.attempt ?? 0) + 1
    this.#layers.set(descriptor, { attempt, complete: false })
    const layer: EntryLayer = { descriptor, positions, attempt }
    return async (entry, { signal }) => {
      const work = { name: `onEntry at "${entry.name}" of layer ${descriptor.digest}` }
      scope?.enter(work)
      try {
        await this.#sink(entry, { layer, signal })
      } catch (error) {
        if (error instanceof WindlassError) throw error
        const reason = error instanceof Error ? error.message : String(error)
        throw new WindlassError(
          'STAGE_FAILED',
          `onEntry failed at "${entry.name}" of layer ${descriptor.digest}: ${reason}`,
          {
            cause: error,
            digest: descriptor.digest,
            hint: 'The sink threw this error; its cause has the stack trace.',
          },
        )
      } finally {
        scope?.leave(work)
      }
    }
  }

  /** Records that the sink has received the whole layer and that the bytes of the layer are verified. */
  complete({ descriptor }: Pick<PlannedLayer, 'descriptor'>): void {
    const known = this.#layers.get(descriptor)
    if (known) known.complete = true
  }

  /** Returns whether `complete` has been called for the layer. */
  isComplete({ descriptor }: Pick<PlannedLayer, 'descriptor'>): boolean {
    return this.#layers.get(descriptor)?.complete === true
  }
}
