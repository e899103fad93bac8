/**
 * Receives a tar archive of images in a directory: the content of each file, named by its digest. No path of the archive is used as
 * a path on disk, so that a hostile archive cannot write anywhere else.
 */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, type FileHandle, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { quoted } from '../../codec/index.js'
import { untilAborted } from '../../flow/index.js'
import { type Digest, parseDigest } from '../../image/index.js'
import type { Limits } from '../../limits.js'
import type { EntryHandler } from '../tar/entry.js'
import { TarReader } from '../tar/reader.js'
import { ArchiveEntries } from './archive-entries.js'
import type { ArchivedFile, ArchivedFiles, FilePart } from './archived-file.js'
import { asImageArchiveError, invalidImageArchive } from './invalid-archive.js'
import { plainBytes } from './plain-bytes.js'

/** Options of `receiveArchive`. */
export interface ReceiveOptions {
  readonly limits: Limits
  readonly signal: AbortSignal
  /** The archive, for errors (`the archive`). */
  readonly label?: string
}

/** What is done with the entries of an archive, in order. */
type Step =
  | { readonly kind: 'begin'; readonly path: string }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' }

/**
 * Reads an archive, also a compressed one, and stores its files as `blobs/sha256/…` below `directory`.
 * @throws MANIFEST_INVALID for a malformed archive, a path that leaves the archive, an entry that is not a file, a directory or a
 * link, and a file whose name states another digest; LIMIT_EXCEEDED; the errors of `node:fs`
 */
export async function receiveArchive(
  source: AsyncIterable<Uint8Array>,
  directory: string,
  { limits, signal, label = 'the archive' }: ReceiveOptions,
): Promise<ArchivedFiles> {
  const blobs = join(directory, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true, mode: 0o700 })
  const steps: Step[] = []
  const entries = new ArchiveEntries(label)
  const reader = new TarReader(handlerFor(steps, entries), limits)
  const receiver = new Receiver(directory, entries, label)
  try {
    const body = Readable.from(chunksOf(source, signal), { objectMode: false })
    for await (const chunk of plainBytes(body, limits)) {
      reader.write(chunk)
      await receiver.take(steps.splice(0))
    }
    reader.finish()
  } catch (error) {
    throw asImageArchiveError(error, label)
  } finally {
    await receiver.close()
  }
  return entries.files()
}

/** Yields the chunks of `source` until the signal aborts, also while `source` delivers nothing. */
async function* chunksOf(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal)
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // Not awaited: a source that delivers nothing may return only much later.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
    if (source instanceof Readable) source.destroy()
  }
}

function handlerFor(steps: Step[], entries: ArchiveEntries): EntryHandler {
  let isFile = false
  return {
    entry(entry) {
      const path = entries.add(entry)
      isFile = path !== undefined
      if (path !== undefined) steps.push({ kind: 'begin', path })
    },
    data(chunk) {
      // The chunk is valid during the call only.
      if (isFile) steps.push({ kind: 'data', bytes: Buffer.from(chunk) })
    },
    end() {
      if (isFile) steps.push({ kind: 'end' })
      isFile = false
    },
  }
}

/** Writes the files one after the other. */
class Receiver {
  #path = ''
  #file: FileHandle | undefined
  #hash: Hash = createHash('sha256')
  #size = 0
  /** Bytes that are not written yet. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  readonly #part: string

  constructor(
    private readonly directory: string,
    private readonly entries: ArchiveEntries,
    private readonly label: string,
  ) {
    this.#part = join(directory, 'part')
  }

  async take(steps: readonly Step[]): Promise<void> {
    for (const step of steps)
      if (step.kind === 'begin') await this.#begin(step.path)
      else if (step.kind === 'data') await this.#write(step.bytes)
      else await this.#end()
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  async #begin(path: string): Promise<void> {
    this.#path = path
    this.#hash = createHash('sha256')
    this.#size = 0
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#file = await open(this.#part, 'wx', 0o600)
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes)
    this.#size += bytes.length
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= writeBytes) await this.#flush()
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting.splice(0))
    this.#waitingBytes = 0
    await this.#file!.writeFile(bytes)
  }

  async #end(): Promise<void> {
    await this.#flush()
    await this.#file!.close()
    this.#file = undefined
    const hex = this.#hash.digest('hex')
    const stated = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(this.#path)?.[1]
    if (stated !== undefined && stated !== hex)
      throw invalidImageArchive(
        this.label,
        `the content of ${quoted(this.#path)} has the digest sha256:${hex}`,
      )
    const path = join(this.directory, 'blobs', 'sha256', hex)
    await rename(this.#part, path)
    this.entries.addFile(this.#path, new ReceivedFile(path, parseDigest(`sha256:${hex}`), this.#size))
  }
}

/** Number of bytes that are written at once. */
const writeBytes = 1024 * 1024

/** A file that was received. */
class ReceivedFile implements ArchivedFile {
  constructor(
    private readonly path: string,
    readonly sha256: Digest,
    readonly size: number,
  ) {}

  open({ offset = 0, length = this.size, signal }: FilePart = {}): Readable {
    const end = Math.min(offset + length, this.size) - 1
    if (end < offset) return Readable.from([])
    return createReadStream(this.path, { start: offset, end, ...(signal && { signal }) })
  }

  digest(): Promise<Digest> {
    return Promise.resolve(this.sha256)
  }
}
