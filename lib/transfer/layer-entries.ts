/** Passes the entries of layers to a sink of the caller, and knows which layers the sink has seen. */
import type { Scope } from '../flow/index.js'
import type { ArchiveEntry, EntrySink } from '../archive/index.js'
import { WindlassError } from '../errors.js'
import type { Descriptor } from '../image/index.js'
import type { PlannedLayer } from './elements.js'

/** The layer of an entry. */
export interface EntryLayer extends Pick<PlannedLayer, 'descriptor' | 'positions'> {
  /**
   * 1 for the first attempt to read the layer, then 2 and so on. Each attempt begins with the first entry. Discard the
   * entries of earlier attempts.
   */
  readonly attempt: number
}

/** What a sink receives besides the entry. */
export interface LayerEntryContext {
  readonly layer: EntryLayer
  /** Aborts when the layer fails, is cancelled or begins anew. */
  readonly signal: AbortSignal
}

/**
 * Receives every entry of every layer, in archive order within a layer: the next one when the result, if it is a promise,
 * has resolved. Several layers may be read concurrently. The bytes are not verified yet: do not rely on an entry before
 * the pull has succeeded. An error fails the pull before the layer is committed.
 */
export type LayerEntrySink = (entry: ArchiveEntry, context: LayerEntryContext) => unknown

/** Passes the entries of the layers of one pull to a sink. */
export class LayerEntries {
  readonly #sink: LayerEntrySink
  readonly #layers = new WeakMap<Descriptor, { attempt: number; complete: boolean }>()

  constructor(sink: LayerEntrySink) {
    this.#sink = sink
  }

  /**
   * Begins an attempt to read a layer, and returns its sink.
   * @param scope - Names the entry while the sink works on it, for who waits for the end.
   */
  begin(
    { descriptor, positions }: Pick<PlannedLayer, 'descriptor' | 'positions'>,
    scope?: Pick<Scope, 'enter' | 'leave'>,
  ): EntrySink {
    const attempt = (this.#layers.get(descriptor)?.attempt ?? 0) + 1
    this.#layers.set(descriptor, { attempt, complete: false })
    const layer: EntryLayer = { descriptor, positions, attempt }
    return async (entry, { signal }) => {
      const worker = { name: `onEntry at "${entry.name}" of layer ${descriptor.digest}` }
      scope?.enter(worker)
      try {
        await this.#sink(entry, { layer, signal })
      } catch (error) {
        if (error instanceof WindlassError) throw error
        const said = error instanceof Error ? error.message : String(error)
        throw new WindlassError(
          'STAGE_FAILED',
          `onEntry failed at "${entry.name}" of layer ${descriptor.digest}: ${said}`,
          {
            cause: error,
            digest: descriptor.digest,
            hint: 'The sink threw this error; its cause has the stack trace.',
          },
        )
      } finally {
        scope?.leave(worker)
      }
    }
  }

  /** The sink has seen the whole layer, and its bytes are verified. */
  complete({ descriptor }: Pick<PlannedLayer, 'descriptor'>): void {
    const known = this.#layers.get(descriptor)
    if (known) known.complete = true
  }

  /** Whether the sink has seen the whole layer. */
  isComplete({ descriptor }: Pick<PlannedLayer, 'descriptor'>): boolean {
    return this.#layers.get(descriptor)?.complete === true
  }
}
