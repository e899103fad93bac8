/** Provides `RootfsSource`, which reads a directory with the files of a container as an image of one layer. */
import { createHash } from 'node:crypto'
import { closeSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Readable, pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import { packTree } from '../archive/index.js'
import { type UnnamedFile, writeUnnamedFile } from '../bytes/index.js'
import { printable, quoted } from '../codec/index.js'
import { WindlassError } from '../errors.js'
import {
  type Digest,
  type FetchedManifest,
  type ManifestRequest,
  digestOf,
  hostPlatform,
  isDigest,
  mediaTypes,
  parseDigest,
} from '../image/index.js'
import { formatCount } from '../quantities.js'
import { LocalSource, type OpenedBlob, blobOfBytes, blobOfFile } from './local/local-source.js'

/** Code of the warning that devices and FIFOs of a root directory are not in the image. */
export const specialFilesLeftOut = 'special-files-left-out'

/**
 * Returns the image of one layer that has the files of `directory`, for the platform of this machine. The directory is packed at the
 * first use.
 *
 * @example
 * const { bytes } = await rootfsSource('rootfs').manifest('')
 */
export const rootfsSource = (directory: string): RootfsSource => new RootfsSource(directory)

/** The image of a packed directory. */
interface PackedImage {
  readonly manifest: Buffer
  readonly layer: UnnamedFile
  readonly blobs: ReadonlyMap<Digest, OpenedBlob>
  readonly warning: string | undefined
}

/**
 * A directory with the files of a container, as a source of images. Reference: `rootfs:DIR`. The layer has files, directories, symbolic
 * and hard links with their owners, modes and times; extended attributes, devices, FIFOs and sockets are left out. An unchanged
 * directory gives the same image.
 */
export class RootfsSource extends LocalSource {
  readonly host: string
  protected readonly prefix = 'rootfs:'
  #packed: Promise<PackedImage> | undefined

  /** @param directory path of the directory */
  constructor(directory: string) {
    super()
    this.host = path.resolve(directory)
  }

  /**
   * Returns the manifest of the image.
   * @param target empty, or the digest of the manifest
   * @throws MANIFEST_UNKNOWN if the directory cannot be read, or does not have the image; STORE_* when there is no space to pack it
   */
  async manifest(target: string, { signal, onWarning }: ManifestRequest = {}): Promise<FetchedManifest> {
    const { manifest: bytes, warning } = await this.#pack(signal)
    if (target !== '' && target !== digestOf(bytes))
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        isDigest(target)
          ? `The files of ${printable(this.host)} are not those of ${target}`
          : `${printable(this.host)} has no image ${quoted(target)}: a root directory has one without a name`,
        { path: this.host, hint: 'Name it rootfs:DIR.' },
      )
    if (warning !== undefined) onWarning?.(specialFilesLeftOut, warning)
    return { bytes, contentType: mediaTypes.ociManifest, host: this.host }
  }

  /** Yields no names: the image has none. */
  async *tags(): AsyncGenerator<readonly string[]> {
    await Promise.resolve()
    yield []
  }

  /** Releases the packed layer. The source may be used again. */
  async close(): Promise<void> {
    const packed = await this.#packed?.catch(() => undefined)
    this.#packed = undefined
    if (packed) closeSync(packed.layer.fd)
  }

  protected async openBlob(digest: Digest, signal?: AbortSignal): Promise<OpenedBlob> {
    const blob = (await this.#pack(signal)).blobs.get(digest)
    if (blob) return blob
    throw new WindlassError('BLOB_UNKNOWN', `The image of ${printable(this.host)} does not have ${digest}`, {
      ...{ digest, path: this.host },
      hint: 'The files were changed. Try again.',
    })
  }

  #pack(signal: AbortSignal | undefined): Promise<PackedImage> {
    this.#packed ??= this.#packNow(signal).catch((error: unknown) => {
      this.#packed = undefined // the next call tries again
      throw error
    })
    return this.#packed
  }

  async #packNow(signal: AbortSignal | undefined): Promise<PackedImage> {
    this.#assertDirectory()
    const skipped: string[] = []
    const archive = packTree(this.host, { hardLinks: true, onSkipped: (name) => skipped.push(name) })
    const abort = (): void => void archive.destroy(asError(signal?.reason))
    signal?.addEventListener('abort', abort, { once: true })
    const diffID = createHash('sha256')
    const digest = createHash('sha256')
    try {
      const layer = await writeUnnamedFile(
        hashed(compressed(archive, diffID), digest),
        `pack ${printable(this.host)}`,
      )
      return imageOf(layer, digestIn(diffID), digestIn(digest), warningOf(this.host, skipped))
    } catch (error) {
      throw error instanceof WindlassError ? error : this.#readError(error)
    } finally {
      archive.destroy()
      signal?.removeEventListener('abort', abort)
    }
  }

  #assertDirectory(): void {
    try {
      if (statSync(this.host).isDirectory()) return
    } catch (error) {
      throw this.#readError(error)
    }
    throw this.#readError(new Error('it is not a directory'))
  }

  readonly #readError = (cause: unknown): WindlassError =>
    new WindlassError(
      'MANIFEST_UNKNOWN',
      `Failed to pack the root directory ${printable(this.host)}: ${cause instanceof Error ? printable(cause.message.replace(/^ENOENT:.*$/s, 'it does not exist'), 300) : String(cause)}`,
      {
        ...{ path: this.host, cause },
        hint: 'Check the path after rootfs:. If permission is denied, run as the owner of the files.',
      },
    )
}

/** Compresses an archive, and adds its bytes to `diffID`. */
function compressed(archive: Readable, diffID: ReturnType<typeof createHash>): AsyncIterable<Buffer> {
  const gzip = createGzip()
  // The reader of the result receives the error.
  pipeline(hashed(archive as AsyncIterable<Buffer>, diffID), gzip, () => undefined)
  return gzip as AsyncIterable<Buffer>
}

async function* hashed(
  chunks: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

const digestIn = (hash: ReturnType<typeof createHash>): Digest => parseDigest(`sha256:${hash.digest('hex')}`)

function imageOf(
  layer: UnnamedFile,
  diffID: Digest,
  layerDigest: Digest,
  warning: string | undefined,
): PackedImage {
  const { architecture, variant } = hostPlatform()
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture, os: 'linux', ...(variant !== undefined && { variant }) },
      config: {},
      rootfs: { type: 'layers', diff_ids: [diffID] },
    }),
  )
  const configDigest = digestOf(config)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: configDigest, size: config.length },
      layers: [{ mediaType: mediaTypes.ociLayerGzip, digest: layerDigest, size: layer.size }],
    }),
  )
  const blobs = new Map<Digest, OpenedBlob>([
    [digestOf(manifest), blobOfBytes(manifest)],
    [configDigest, blobOfBytes(config)],
    [layerDigest, blobOfFile({ ...layer, start: 0, keepOpen: true })],
  ])
  return { manifest, layer, blobs, warning }
}

function warningOf(directory: string, skipped: readonly string[]): string | undefined {
  const [first] = skipped
  if (first === undefined) return undefined
  return `Left out of the image of ${printable(directory)}: ${formatCount(skipped.length, 'device or FIFO', 'devices and FIFOs')}, such as ${quoted(first)}`
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))
