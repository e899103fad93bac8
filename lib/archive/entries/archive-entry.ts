/** An entry of a layer as a sink receives it: its header, and its content as a stream. */
import { Readable } from 'node:stream'
import { layerPath } from '../rootfs/layer-path.js'
import type { EntryType, TarEntry } from '../tar/entry.js'
import type { EntryPart } from './batch.js'

/** The queue of received parts, from which an entry reads its content. */
export interface PartQueue {
  /** Returns the next part without taking it; undefined if none has arrived. */
  peek(): EntryPart | undefined
  /** Takes the next part. */
  take(): EntryPart | undefined
  /** Calls `wake` once when a part arrives; undefined removes the callback. */
  onPart(wake: (() => void) | undefined): void
}

const zeros = Buffer.alloc(64 * 1024)

/**
 * One entry of a layer, as it stands in the archive. Whiteouts are entries like any other: empty files whose names
 * begin with `.wh.`.
 */
export class ArchiveEntry implements TarEntry {
  readonly path: string
  readonly type: EntryType
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly linkTarget: string
  readonly device: { readonly major: number; readonly minor: number } | undefined
  readonly xattrs: ReadonlyMap<string, Buffer>
  readonly sparse: boolean
  readonly #queue: PartQueue
  #content: EntryContent | undefined
  #closed: { readonly error: Error | undefined } | undefined

  /** @internal */
  constructor(entry: TarEntry, queue: PartQueue) {
    this.path = entry.path
    this.type = entry.type
    this.size = entry.size
    this.mode = entry.mode
    this.uid = entry.uid
    this.gid = entry.gid
    this.mtime = entry.mtime
    this.linkTarget = entry.linkTarget
    this.device = entry.device
    // A Buffer that was sent from a thread arrives as a Uint8Array.
    this.xattrs =
      entry.xattrs.size === 0
        ? entry.xattrs
        : new Map([...entry.xattrs].map(([name, value]) => [name, Buffer.from(value)]))
    this.sparse = entry.sparse
    this.#queue = queue
  }

  /**
   * The path inside the layer as text: UTF-8, without `.`, `..` and slashes at either end (`usr/bin/env`); empty for
   * the root. Use `path` where the exact bytes count.
   */
  get name(): string {
    const normalized = layerPath(this.path)
    if (normalized === undefined) return ''
    const { parent, name } = normalized
    return Buffer.from(parent === '' ? name : `${parent}/${name}`, 'latin1').toString()
  }

  /**
   * The content of a file, `size` bytes, holes as zeros; empty for other types. The stream is destroyed when the sink
   * returns. Content that is not read by then is not transferred from the unpacking thread.
   */
  get content(): Readable {
    if (this.#content === undefined) {
      this.#content = new EntryContent(this.size, this.#queue)
      if (this.#closed) this.#content.destroy(this.#closed.error)
    }
    return this.#content
  }

  /** @internal Destroys the content, with `error` if given, also if the sink requests it only later. */
  close(error?: Error): void {
    this.#closed ??= { error }
    this.#content?.destroy(error)
  }
}

class EntryContent extends Readable {
  #position = 0

  constructor(
    private readonly size: number,
    private readonly queue: PartQueue,
  ) {
    super()
    // A sink without a listener must not crash the process. Its reads fail with the error.
    this.on('error', () => undefined)
  }

  override _read(): void {
    for (;;) {
      const part = this.queue.peek()
      if (part === undefined) {
        this.queue.onPart(() => this._read())
        return
      }
      const holeEnd = part.kind === 'data' ? part.offset : this.size
      if (holeEnd > this.#position) {
        const hole = zeros.subarray(0, Math.min(zeros.length, holeEnd - this.#position))
        this.#position += hole.length
        // A copy, because the reader may write to the chunks that it receives.
        if (!this.push(Buffer.from(hole))) return
        continue
      }
      if (part.kind !== 'data') {
        // `EntryReceiver` takes the `end` part.
        this.push(null)
        return
      }
      this.queue.take()
      const { content } = part
      this.#position += content.length
      if (!this.push(Buffer.from(content.buffer, content.byteOffset, content.length))) return
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.queue.onPart(undefined)
    done(error)
  }
}
