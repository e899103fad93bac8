/**
 * Receives a tar archive of images in a directory: the content of each file, named by its digest. No path of the archive is used as
 * a path on disk, so that a hostile archive cannot write anywhere else.
 */
import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, type FileHandle, rename } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { Readable } from 'node:stream'
import { TarReader, type TarEntry } from '../../lib/archive/index.js'
import { decompressor, detectCompression, sniffCompression } from '../../lib/bytes/index.js'
import { quoted } from '../../lib/codec/index.js'
import { WindlassError } from '../../lib/errors.js'
import { type Compression, type Digest, parseDigest } from '../../lib/image/index.js'
import { type Limits, limitExceeded } from '../../lib/limits.js'

/** A file of an archive. */
export interface ArchivedFile {
  readonly digest: Digest
  readonly size: number
  /** Compression of the content, by its first bytes. */
  readonly compression: Compression
}

/** The files of an archive by their paths. */
export type ArchivedFiles = ReadonlyMap<string, ArchivedFile>

/** Number of links that are followed from one path. */
const maxLinks = 8

/** What is done with the entries of an archive, in order. */
type Step =
  | { readonly kind: 'begin'; readonly path: string }
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' }

/**
 * Reads an archive, also a compressed one, and stores its files as `blobs/sha256/…` below `directory`.
 * @throws MANIFEST_INVALID for a path that leaves the archive, an entry that is not a file, a directory or a link, and a file whose
 * name states another digest; LAYER_INVALID for a malformed archive; LIMIT_EXCEEDED; the errors of `node:fs`
 */
export async function receiveArchive(
  source: AsyncIterable<Uint8Array>,
  directory: string,
  limits: Limits,
  signal: AbortSignal,
): Promise<ArchivedFiles> {
  const blobs = join(directory, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true, mode: 0o700 })
  const steps: Step[] = []
  const links = new Map<string, string>()
  const reader = new TarReader(handlerFor(steps, links), limits)
  const receiver = new Receiver(directory, blobs, limits.imageBytes)
  try {
    const { stream, compression } = await sniffed(source, signal)
    const plain = compression === 'none' ? stream : stream.pipe(decompressor(compression))
    if (plain !== stream) stream.on('error', (error) => plain.destroy(error))
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      signal.throwIfAborted()
      reader.write(chunk)
      await receiver.take(steps.splice(0))
    }
    reader.finish()
    await receiver.take(steps.splice(0))
  } catch (error) {
    throw asArchiveError(error)
  } finally {
    await receiver.close()
  }
  return withLinks(receiver.files, links)
}

async function sniffed(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ readonly stream: Readable; readonly compression: Compression }> {
  const body = Readable.from(source, { objectMode: false, signal })
  const { stream, compression } = await sniffCompression(body)
  return { stream, compression }
}

function handlerFor(steps: Step[], links: Map<string, string>) {
  let isFile = false
  return {
    entry(entry: TarEntry): void {
      const path = pathOf(entry.path)
      isFile = entry.type === 'file'
      if (isFile && !entry.sparse) steps.push({ kind: 'begin', path })
      else if (entry.type === 'symlink')
        links.set(path, pathOf(posix.join(posix.dirname(path), latin1(entry.linkTarget))))
      else if (entry.type === 'hardlink') links.set(path, pathOf(entry.linkTarget))
      else if (entry.type !== 'directory')
        throw invalid(`${quoted(path)} is neither a file nor a directory nor a link`)
    },
    data(chunk: Buffer): void {
      // The chunk is valid during the call only.
      if (isFile) steps.push({ kind: 'data', bytes: Buffer.from(chunk) })
    },
    end(): void {
      if (isFile) steps.push({ kind: 'end' })
      isFile = false
    },
  }
}

/** Writes the files one after the other. */
class Receiver {
  readonly files = new Map<string, ArchivedFile>()
  #path = ''
  #file: FileHandle | undefined
  #hash: Hash = createHash('sha256')
  #head = Buffer.alloc(0)
  #size = 0
  #total = 0
  /** Bytes that are not written yet. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  readonly #part: string

  constructor(
    directory: string,
    private readonly blobs: string,
    private readonly maxBytes: number,
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
    this.#head = Buffer.alloc(0)
    this.#size = 0
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#file = await open(this.#part, 'wx', 0o600)
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#total += bytes.length
    if (this.#total > this.maxBytes)
      throw limitExceeded('The files of the archive have more bytes together', 'imageBytes', this.maxBytes)
    this.#hash.update(bytes)
    if (this.#head.length < headBytes) this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes)])
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
      throw invalid(`the content of ${quoted(this.#path)} has the digest sha256:${hex}`)
    await rename(this.#part, join(this.blobs, hex))
    this.files.set(this.#path, {
      digest: parseDigest(`sha256:${hex}`),
      size: this.#size,
      compression: detectCompression(this.#head),
    })
  }
}

/** Number of bytes that are written at once. */
const writeBytes = 1024 * 1024

/** Number of bytes that show how a file is compressed. */
const headBytes = 16

/** Returns the path of an entry, relative to the archive. @throws MANIFEST_INVALID when it leads out of it */
function pathOf(raw: string): string {
  const path = latin1(raw)
  const normal = posix.normalize(path).replace(/\/$/, '')
  if (posix.isAbsolute(path) || normal === '..' || normal.startsWith('../') || path.includes('\0'))
    throw invalid(`the path ${quoted(path)} leads out of the archive`)
  return normal
}

/** Names are latin1, with one character per byte. */
const latin1 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')

/** Returns the files, and those that links lead to. Links that lead nowhere are left out. */
function withLinks(
  files: ReadonlyMap<string, ArchivedFile>,
  links: ReadonlyMap<string, string>,
): ArchivedFiles {
  const all = new Map(files)
  for (const path of links.keys()) {
    let target: string | undefined = path
    for (let count = 0; target !== undefined && count < maxLinks && links.has(target); count++)
      target = links.get(target)
    const file = target === undefined ? undefined : files.get(target)
    if (file) all.set(path, file)
  }
  return all
}

/** The reader of archives speaks of a layer. */
function asArchiveError(error: unknown): unknown {
  if (!(error instanceof WindlassError) || error.code !== 'LAYER_INVALID') return error
  return invalid(error.message.replace(/^Reading the archive of the layer failed: /, ''))
}

const invalid = (why: string): WindlassError =>
  new WindlassError('MANIFEST_INVALID', `Failed to load the archive: ${why}`, {
    hint: 'Make the archive again, with `docker save` or `skopeo copy`.',
  })
