/** Provides the targets of images that are tar archives: `oci-archive:FILE` and `docker-archive:FILE`. */
import { createReadStream, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { type IndexedImage, writeImageArchive } from '../../archive/index.js'
import { WindlassError } from '../../errors.js'
import {
  type Descriptor,
  type Digest,
  type ImageSink,
  type OpenBlob,
  type PutManifestRequest,
  type SinkRequest,
  algorithmOf,
  hexOf,
  isImageManifestType,
  parseImageManifest,
} from '../../image/index.js'
import { openLarge } from '../../system/files.js'
import { throwIfAborted } from '../layout/cancelled.js'
import { withLayoutErrors } from '../layout/layout-error.js'
import { appenderTo } from '../layout/temporary-file.js'
import { receiveBlob } from '../receive-blob.js'
import { publishArchive, stageArchive } from './publish-archive.js'
import type { Staging } from './staging.js'
import type { KnownManifest } from './docker-image.js'

/** How the images of an archive are named and listed. */
export interface ArchiveForm {
  /** Prefix of the names of the images: `oci-archive:`. */
  readonly prefix: string
  /** Returns the lists of the archive. */
  readonly lists: (
    archived: ArchivedManifests,
  ) => Pick<Parameters<typeof writeImageArchive>[0], 'index' | 'docker'>
}

/** The manifests of an archive. */
export interface ArchivedManifests {
  /** The entries of `index.json` without their names. */
  readonly entries: readonly ArchivedEntry[]
  readonly manifests: ReadonlyMap<Digest, KnownManifest>
  /** Reads a config. */
  readonly readConfig: (config: Descriptor) => Buffer
}

/** A manifest that the archive lists. */
export interface ArchivedEntry {
  readonly descriptor: Descriptor
  /** Name, if it has one. */
  readonly name: string | undefined
  /** Whether this is the image, and not something that belongs to it. */
  readonly isRoot: boolean
}

/** Returns the entry of `index.json` for a descriptor. */
export const indexEntry = ({
  mediaType,
  digest,
  size,
  artifactType,
  annotations,
}: Descriptor): IndexedImage => ({
  ...{ mediaType, digest, size },
  ...(artifactType !== undefined && { artifactType }),
  ...(annotations && { annotations }),
})

/**
 * A tar archive as a target of images. Its content is collected in a temporary directory beside the file. `finish` writes the archive
 * and renames it to its path, so that the file is complete or unchanged. An archive of images that exists is replaced.
 */
export class ArchiveSink implements ImageSink {
  readonly host: string
  readonly #form: ArchiveForm
  readonly #manifests = new Map<Digest, KnownManifest>()
  readonly #entries: ArchivedEntry[] = []
  readonly #blobs = new Map<Digest, Descriptor>()
  #staging: Promise<Staging> | undefined

  /** @param file path of the archive */
  constructor(file: string, form: ArchiveForm) {
    this.host = resolve(file)
    this.#form = form
  }

  /** Returns a key that is equal for targets with the same content: the prefix and the absolute path. */
  identity(): Promise<string> {
    return Promise.resolve(`${this.#form.prefix}${this.host}`)
  }

  /** Returns whether this copy has written the blob. The blobs of a file that is replaced are not used. */
  hasBlob({ digest, size }: Descriptor): Promise<boolean> {
    return Promise.resolve(this.#blobs.get(digest)?.size === size)
  }

  /** Returns undefined: an archive is always written anew. */
  resolve(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /**
   * Adds a blob.
   * @throws SIZE_MISMATCH, DIGEST_MISMATCH; errors of `open` and its stream; USAGE when the file must not be replaced; STORE_*;
   *   CANCELLED
   */
  async putBlob(descriptor: Descriptor, open: OpenBlob, { signal }: SinkRequest = {}): Promise<void> {
    throwIfAborted(signal)
    const { directory } = await this.#staged(signal)
    const path = blobPath(directory, descriptor.digest)
    const file = await withLayoutErrors('write a blob', path, () => openLarge(path, 'w', 0o600))
    try {
      const append = appenderTo(file)
      await receiveBlob(
        descriptor,
        open,
        (batch) => withLayoutErrors('write a blob', path, () => append(batch)),
        signal,
      )
    } finally {
      await file.close()
    }
    this.#blobs.set(descriptor.digest, descriptor)
  }

  /** Adds a manifest, and lists it if `root` is true, which is the default for a manifest with a tag. */
  putManifest(
    bytes: Buffer,
    descriptor: Descriptor,
    { tag, root = tag !== undefined }: PutManifestRequest = {},
  ): Promise<void> {
    const manifest = { ...descriptor, size: bytes.length }
    this.#manifests.set(descriptor.digest, { bytes, descriptor: manifest })
    if (root) this.list({ descriptor: manifest, name: tag, isRoot: true })
    return Promise.resolve()
  }

  /**
   * Writes the archive, and removes the temporary directory.
   * @throws USAGE when the file must not be replaced; STORE_*; CANCELLED
   */
  async finish({ signal }: SinkRequest = {}): Promise<void> {
    const staging = await this.#staged(signal)
    await publishArchive(writeImageArchive(this.#content(staging.directory), signal), staging, signal)
    await this.close()
  }

  /** Removes the temporary directory. */
  async close(): Promise<void> {
    const staging = await this.#staging?.catch(() => undefined)
    this.#staging = undefined
    this.#blobs.clear()
    await staging?.remove()
  }

  /** Lists a manifest of the archive. A later one replaces one with the same digest and name. */
  protected list(entry: ArchivedEntry): void {
    const at = this.#entries.findIndex(
      ({ descriptor, name }) => descriptor.digest === entry.descriptor.digest && name === entry.name,
    )
    if (at < 0) this.#entries.push(entry)
    else this.#entries[at] = entry
  }

  #content(directory: string): Parameters<typeof writeImageArchive>[0] {
    const manifests = this.#manifests
    const readConfig = ({ digest }: Descriptor): Buffer => readFileSync(blobPath(directory, digest))
    const configs = new Set<Digest>()
    for (const { bytes, descriptor } of manifests.values())
      if (isImageManifestType(descriptor.mediaType)) configs.add(parseImageManifest(bytes).config.digest)
    const blobs = [...this.#blobs.values()]
    return {
      documents: [
        ...[...manifests.values()].map(({ descriptor }) => descriptor),
        ...blobs.filter(({ digest }) => configs.has(digest)),
      ],
      layers: blobs.filter(({ digest }) => !configs.has(digest)),
      ...this.#form.lists({ entries: this.#entries, manifests, readConfig }),
      open(digest) {
        const manifest = manifests.get(digest)
        if (manifest) return Readable.from([manifest.bytes], { objectMode: false })
        return createReadStream(blobPath(directory, digest), { highWaterMark: 1024 * 1024 })
      },
      damagedError: (digest) =>
        new WindlassError('STORE_CORRUPT', `Blob ${digest} was changed while the archive was written`, {
          ...{ digest, path: this.host },
          hint: 'Copy the image again.',
        }),
    }
  }

  #staged(signal: AbortSignal | undefined): Promise<Staging> {
    this.#staging ??= stageArchive(this.host, signal).catch((error: unknown) => {
      this.#staging = undefined // the next call tries again
      throw error
    })
    return this.#staging
  }
}

const blobPath = (directory: string, digest: Digest): string =>
  join(directory, `${algorithmOf(digest)}-${hexOf(digest)}`)
