/** Receives the entries of an unpacking thread and passes them to a sink, one after the other. */
import type { EntryBatch, EntryPart } from './batch.js'
import { ArchiveEntry, type PartQueue } from './archive-entry.js'

/** What a sink receives besides the entry. */
export interface EntryContext {
  /** Aborts when the layer fails or is cancelled. */
  readonly signal: AbortSignal
}

/**
 * Receives the entries of a layer in archive order. If it returns a promise, the next entry is passed after the promise
 * resolves; meanwhile, the layer is unpacked up to about 3 MiB ahead. If it throws or rejects, the layer fails.
 */
export type EntrySink = (entry: ArchiveEntry, context: EntryContext) => unknown

/** Sends messages to the unpacking thread. */
export interface EntryThread {
  /** Tells the thread that the sink has processed batches of this weight. */
  acknowledge(weight: number): void
  /** Tells the thread to send no more content of the entry with this number. */
  skip(number: number): void
  /** Cancels the job, because the sink has failed. */
  cancel(): void
}

/** Passes the entries of one job to a sink. */
export class EntryReceiver implements PartQueue {
  readonly #thread: EntryThread
  readonly #stop = new AbortController()
  readonly #delivered: Promise<void>
  readonly #batches: { readonly parts: readonly EntryPart[]; readonly weight: number; nextPart: number }[] =
    []
  #wake: (() => void) | undefined
  #ended = false
  #entry: ArchiveEntry | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(sink: EntrySink, thread: EntryThread) {
    this.#thread = thread
    this.#delivered = this.#deliver(sink)
    this.#delivered.catch((error: unknown) => {
      if (this.#stop.signal.aborted) return
      this.#failure = { error }
      this.#abort(error)
      thread.cancel()
    })
  }

  /** The error of the sink. Undefined if the job failed first. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** Queues a batch that the thread has sent. */
  receive(batch: EntryBatch): void {
    if (this.#stop.signal.aborted || batch.parts.length === 0) return
    this.#batches.push({ ...batch, nextPart: 0 })
    this.#notify()
  }

  /** Call it after the last batch. Resolves when the sink has processed every entry. @throws the error of the sink */
  finish(): Promise<void> {
    this.#ended = true
    this.#notify()
    return this.#delivered
  }

  /** Passes no more entries and aborts the signal of the sink. Resolves when the sink has returned. */
  async abort(reason: unknown): Promise<void> {
    this.#abort(reason)
    await this.#delivered.catch(() => undefined)
  }

  /** Returns the next part without taking it. */
  peek(): EntryPart | undefined {
    const [batch] = this.#batches
    return batch?.parts[batch.nextPart]
  }

  /** Takes the next part, and acknowledges its batch if it is the last. */
  take(): EntryPart | undefined {
    const [batch] = this.#batches
    const part = batch?.parts[batch.nextPart++]
    if (batch && batch.nextPart === batch.parts.length) {
      this.#batches.shift()
      this.#thread.acknowledge(batch.weight)
    }
    return part
  }

  onPart(wake: (() => void) | undefined): void {
    this.#wake = wake
  }

  async #deliver(sink: EntrySink): Promise<void> {
    const { signal } = this.#stop
    for (;;) {
      if (signal.aborted) return
      const part = this.take()
      if (part === undefined) {
        if (this.#ended) return
        await new Promise<void>((resolve) => this.onPart(resolve))
      } else if (part.kind === 'entry') {
        const entry = new ArchiveEntry(part.entry, this)
        this.#entry = entry
        try {
          await sink(entry, { signal })
        } finally {
          this.#entry = undefined
          entry.close()
        }
        this.#skipRest(part.number)
      }
    }
  }

  /** Drops the content of the entry that has arrived and was not read. Asks the thread not to send the rest. */
  #skipRest(number: number): void {
    for (let part = this.peek(); part !== undefined; part = this.peek()) {
      if (part.kind === 'entry') return
      this.take()
      if (part.kind === 'end') return
    }
    this.#thread.skip(number)
  }

  #abort(reason: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#batches.length = 0
    this.#entry?.close(reason instanceof Error ? reason : new Error(String(reason)))
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
