/** Provides `LocalSource`, the base of sources of images on this machine, and the blobs that they open. */
import { closeSync, readSync } from 'node:fs'
import { Readable } from 'node:stream'
import { type FileRange, streamRange } from '../../bytes/index.js'
import { formatBytes } from '../../quantities.js'
import { defaultLimits, limitExceeded } from '../../limits.js'
import { printable } from '../../codec/index.js'
import type {
  BlobBody,
  BlobRequest,
  Descriptor,
  Digest,
  FetchedManifest,
  ImageSource,
  ManifestRequest,
} from '../../image/index.js'

/** A blob that is open. Exactly one of `read`, `stream` and `close` is called. */
export interface OpenedBlob {
  /** In bytes. */
  readonly size: number
  /** Reads all of it. */
  read(): Promise<Buffer>
  /** Returns `length` bytes from `offset`, or all bytes up to the end if it has fewer. */
  stream(offset: number, length: number, signal?: AbortSignal): Readable
  close(): void
}

/** Returns a part of an open file as a blob, which closes the file unless `keepOpen` is set. */
export function blobOfFile(range: FileRange): OpenedBlob {
  const { fd, start, size, keepOpen = false } = range
  const close = (): void => {
    if (!keepOpen) closeSync(fd)
  }
  return {
    size,
    close,
    read() {
      try {
        const bytes = Buffer.allocUnsafe(size)
        let length = 0
        while (length < size) {
          const count = readSync(fd, bytes, length, size - length, start + length)
          if (count === 0) break
          length += count
        }
        return Promise.resolve(bytes.subarray(0, length))
      } finally {
        close()
      }
    },
    stream: (offset, length, signal) => streamRange(range, offset, length, signal),
  }
}

/** Returns bytes in memory as a blob. */
export const blobOfBytes = (bytes: Buffer): OpenedBlob => ({
  size: bytes.length,
  close: () => undefined,
  read: () => Promise.resolve(bytes),
  stream: (offset, length) => Readable.from([bytes.subarray(offset, offset + length)], { objectMode: false }),
})

/** A source of images on this machine. It sends no requests, and every blob can be read from any position. */
export abstract class LocalSource implements ImageSource {
  /** Absolute path. Events and errors show it in place of the host of a registry. */
  abstract readonly host: string
  /** Prefix of the names of its images: `oci:`. */
  protected abstract readonly prefix: string

  /**
   * Opens a blob.
   * @throws BLOB_UNKNOWN if it cannot be read
   */
  protected abstract openBlob(digest: Digest, signal?: AbortSignal): Promise<OpenedBlob>

  /**
   * Reads a manifest.
   * @param target a digest, a name, `@N` for image N of the list of images (from 0), or empty if there is one image only
   * @throws MANIFEST_UNKNOWN if `target` does not select exactly one image, or the source cannot be read; LIMIT_EXCEEDED if it has
   *   more than `maxBytes` bytes
   */
  abstract manifest(target: string, request?: ManifestRequest): Promise<FetchedManifest>

  /** Yields the names of the images, as one page. */
  abstract tags(): AsyncIterable<readonly string[]>

  /** Returns a key that is equal for sources with the same content. */
  identity(): Promise<string> {
    return Promise.resolve(`${this.prefix}${this.host}`)
  }

  /**
   * Opens a blob from `offset`, up to `length` bytes (by default, to its end).
   * @throws BLOB_UNKNOWN if the blob cannot be read
   */
  async blob(
    { digest }: Descriptor,
    { offset = 0, length = Infinity, signal }: BlobRequest = {},
  ): Promise<BlobBody> {
    const blob = await this.openBlob(digest, signal)
    const stream = blob.stream(offset, length, signal)
    return { stream, offset, size: blob.size, validator: undefined, host: this.host }
  }

  /**
   * Returns the size of a blob, in bytes.
   * @throws BLOB_UNKNOWN if the blob cannot be read
   */
  async blobSize(digest: Digest): Promise<number> {
    const blob = await this.openBlob(digest)
    blob.close()
    return blob.size
  }

  /** Reads the manifest with the digest. @throws LIMIT_EXCEEDED; as `openBlob` */
  protected async readManifest(
    digest: Digest,
    { maxBytes = defaultLimits.manifestBytes, signal }: ManifestRequest = {},
    descriptor?: Descriptor,
  ): Promise<FetchedManifest> {
    const blob = await this.openBlob(digest, signal)
    if (blob.size > maxBytes) {
      blob.close()
      throw limitExceeded(
        `The manifest ${digest} in ${printable(this.host)} has ${formatBytes(blob.size)}`,
        'manifestBytes',
        maxBytes,
        { digest },
      )
    }
    const bytes = await blob.read()
    return { bytes, contentType: undefined, host: this.host, ...(descriptor && { descriptor }) }
  }
}
