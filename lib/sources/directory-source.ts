/** Provides `DirectorySource`, which reads the image in a directory that skopeo wrote (`dir:` of containers-transports(5)). */
import path from 'node:path'
import { WindlassError } from '../errors.js'
import { printable, quoted } from '../codec/index.js'
import {
  type Digest,
  type FetchedManifest,
  type ManifestRequest,
  digestOf,
  hexOf,
  isDigest,
  parseDigest,
} from '../image/index.js'
import { defaultLimits, limitExceeded } from '../limits.js'
import { formatBytes } from '../quantities.js'
import { OutsideFileError, openOutsideFile } from '../system/outside-file.js'
import { LocalSource, type OpenedBlob, blobOfFile } from './local/local-source.js'

/** Name of the file with the manifest or index of the image. */
export const directoryManifest = 'manifest.json'

/** Name of the file with the manifest of an index that has the digest. */
export const directoryManifestOf = (digest: Digest): string => `${hexOf(digest)}.manifest.json`

/**
 * Returns a directory with the manifest and the blobs of one image as a source of images. No file is read before a method is
 * called.
 *
 * @example
 * const { bytes } = await directorySource('app').manifest('')
 */
export const directorySource = (directory: string): DirectorySource => new DirectorySource(directory)

/** A directory with the manifest and the blobs of one image, as a source of images. Reference: `dir:DIR`. */
export class DirectorySource extends LocalSource {
  readonly host: string
  protected readonly prefix = 'dir:'

  /** @param directory path of the directory */
  constructor(directory: string) {
    super()
    this.host = path.resolve(directory)
  }

  /**
   * Reads a manifest.
   * @param target empty for the image of the directory, or a digest
   * @throws MANIFEST_UNKNOWN if the directory has no such image; BLOB_UNKNOWN for a digest that it does not have; LIMIT_EXCEEDED
   */
  async manifest(target: string, request: ManifestRequest = {}): Promise<FetchedManifest> {
    const { maxBytes = defaultLimits.manifestBytes } = request
    if (target !== '' && !isDigest(target))
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${printable(this.host)} has no image ${quoted(target)}: it has one image without a name`,
        { path: this.host, hint: 'Name it dir:DIR.' },
      )
    const root = this.#openManifest(directoryManifest)
    if (root.size > maxBytes) {
      root.close()
      throw limitExceeded(
        `The manifest in ${printable(this.host)} has ${formatBytes(root.size)}`,
        'manifestBytes',
        maxBytes,
      )
    }
    const bytes = await root.read()
    if (target === '' || digestOf(bytes) === target) return { bytes, contentType: undefined, host: this.host }
    return this.readManifest(parseDigest(target), request)
  }

  /** Yields no names: the image has none. */
  async *tags(): AsyncGenerator<readonly string[]> {
    await Promise.resolve()
    yield []
  }

  protected openBlob(digest: Digest): Promise<OpenedBlob> {
    // The manifests of an index have names of their own.
    const names = [hexOf(digest), directoryManifestOf(digest)]
    let failure: unknown
    for (const name of names)
      try {
        return Promise.resolve(this.#open(name))
      } catch (error) {
        failure ??= error
        if (!(error instanceof OutsideFileError) || error.reason !== 'missing') break
      }
    return Promise.reject(
      new WindlassError(
        'BLOB_UNKNOWN',
        `Failed to read ${digest} from the directory ${printable(this.host)}: ${messageOf(failure)}`,
        {
          digest,
          path: this.host,
          cause: failure,
          hint: 'The directory is incomplete. Copy the image again.',
        },
      ),
    )
  }

  #openManifest(name: string): OpenedBlob {
    try {
      return this.#open(name)
    } catch (cause) {
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${printable(this.host)} is not a directory with an image: ${name}: ${messageOf(cause)}`,
        {
          ...{ path: this.host, cause },
          hint: 'Check the path after dir:. An OCI layout is named oci:DIR, a root directory rootfs:DIR.',
        },
      )
    }
  }

  /** Opens a file. Refuses symbolic links, because they could lead to any file of this machine. */
  #open(name: string): OpenedBlob {
    const { fd, stats } = openOutsideFile(path.join(this.host, name), { maxBytes: Infinity })
    return blobOfFile({ fd, start: 0, size: stats.size })
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
