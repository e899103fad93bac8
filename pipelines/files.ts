/**
 * Lists the files of an image, and reads one of them, without a store. From a layer with a table of contents, only the
 * needed ranges of the blob are read; other layers are read from their start as far as needed.
 */
import { Readable } from 'node:stream'
import {
  DirectoryLayer,
  ImageTree,
  LazyLayer,
  type LayerReader,
  type ListedFile,
  TarLayer,
  TocLayer,
  type TocReference,
  latin1Of,
  entriesOfToc,
  readToc,
  tocReferenceOf,
} from '../lib/archive/index.js'
import { RandomAccessBlob } from '../lib/bytes/index.js'
import { WindlassError } from '../lib/errors.js'
import type { Descriptor, Digest, ImageSource } from '../lib/image/index.js'
import { type Limits, defaultLimits } from '../lib/limits.js'
import { BlobReader, type ForeignUrlOrder, type RetryPolicy } from '../lib/transfer/index.js'

/** A file, directory, link or device of an image, with the attributes that it has when root runs `unpack`. */
export interface ImageFile extends Omit<ListedFile, 'layer'> {
  /** Digest of the layer that contains it; undefined for a directory that no layer lists. */
  readonly layer: Digest | undefined
}

/** A file of an image, and its content. */
export interface OpenedFile extends ImageFile {
  /**
   * The content. Reading the stream sends the requests; destroy it to stop early. Wrong bytes fail it with
   * DIGEST_MISMATCH: before the first wrong chunk if the layer has a table of contents; otherwise at the end, and only
   * with `verify`.
   */
  readonly stream: Readable
  /**
   * Whether it is verified, when `stream` ends without an error, that the bytes are right and that this is the file which
   * the path stands for. True if tables of contents tell, because they and their chunks have digests. False if a layer
   * without one is not read to its end (`verify` does that), and if a layer is read from its unpacked tree, which has no
   * digest.
   */
  readonly verified: boolean
}

/** A layer to read. */
export interface LayerToRead {
  readonly descriptor: Descriptor
  /**
   * The unpacked layer, to be read instead of the blob. `implied` lists the directories that the archive does not
   * contain itself and that were created for their children.
   */
  readonly tree?: { readonly path: string; readonly implied: readonly string[] | undefined }
}

/** Options of `readImage`. */
export interface ReadImageOptions {
  readonly source: ImageSource
  readonly retry: RetryPolicy
  readonly limits?: Limits
  readonly foreignUrls?: ForeignUrlOrder | undefined
  readonly signal?: AbortSignal
  /** Receives problems that were ignored. `toc-unusable`: a layer is read as if it had no table of contents. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

/** Reads the files of an image. */
export interface ReadableImage {
  /**
   * Lists the files below `path`, in byte order of the paths, or `path` itself if it is not a directory. Without
   * `recursive`, lists only the direct children. Reads all layers.
   * @throws FILE_UNKNOWN; errors of the layers and of the source
   */
  list(path?: string, options?: { readonly recursive?: boolean }): Promise<readonly ImageFile[]>
  /**
   * Finds the file that `path` leads to, following links inside the image. With `verify`, also reads the rest of
   * every layer that the answer depends on, and the stream fails unless their digests are those in the manifest.
   * @throws FILE_UNKNOWN, NOT_A_FILE; errors of the layers and of the source
   */
  open(path: string, options?: { readonly verify?: boolean }): Promise<OpenedFile>
  /** Closes all open blobs. */
  close(): Promise<void>
}

/** Returns a reader of the image with `layers`, base first. It sends no request before a method is called. */
export function readImage(layers: readonly LayerToRead[], options: ReadImageOptions): ReadableImage {
  const limits = options.limits ?? defaultLimits
  const readers = new LayerReaders(layers, { ...options, limits })
  const tree = new ImageTree(readers.all, limits)
  const toImageFile = ({ layer, ...file }: ListedFile): ImageFile => ({
    ...file,
    layer: layer === undefined ? undefined : layers[layer]?.descriptor.digest,
  })
  return {
    async list(path = '', options) {
      return (await tree.list(latin1Of(path), options)).map(toImageFile)
    },
    async open(path, { verify: isVerifyRequested = false } = {}) {
      const located = await tree.find(latin1Of(path))
      const verify = isVerifyRequested || readers.hasFoundWrongToc
      return {
        ...toImageFile(located.file),
        stream: Readable.from(tree.content(located, { verify }), { objectMode: false }),
        verified: located.verified || (verify && layers.every((layer) => layer.tree === undefined)),
      }
    },
    close: () => readers.close(),
  }
}

/** Opens the layers of an image: through their tables of contents, from their trees, or from their archives. */
class LayerReaders {
  readonly all: readonly LayerReader[]
  readonly #options: ReadImageOptions & { readonly limits: Limits }
  readonly #archives = new Set<TarLayer>()
  #hasFoundWrongToc = false
  /** Whether the source does not serve ranges. */
  #lacksRanges = false

  constructor(layers: readonly LayerToRead[], options: ReadImageOptions & { readonly limits: Limits }) {
    this.#options = options
    this.all = layers.map((layer) => new LazyLayer(() => this.#open(layer)))
  }

  /**
   * Whether the source sent a table of contents that does not match the manifest or is malformed. All other bytes of
   * such a source must be verified.
   */
  get hasFoundWrongToc(): boolean {
    return this.#hasFoundWrongToc
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((layer) => layer.close()))
  }

  async #open({ descriptor, tree }: LayerToRead): Promise<LayerReader> {
    if (tree) return new DirectoryLayer(tree.path, tree.implied)
    const { source, retry, foreignUrls } = this.#options
    const blob = new BlobReader({ source, descriptor, retry, ...(foreignUrls && { foreignUrls }) })
    const reference = tocReferenceOf(descriptor)
    const openArchive = (): TarLayer => this.#openArchive(blob, descriptor)
    if (reference === undefined || this.#lacksRanges) return openArchive()
    if ('problem' in reference) {
      this.#warn(descriptor, reference.problem)
      return openArchive()
    }
    return (await this.#openWithToc(blob, descriptor, reference)) ?? openArchive()
  }

  #openArchive(blob: BlobReader, descriptor: Descriptor): TarLayer {
    const { signal, limits } = this.#options
    const earlier = [...this.#archives]
    const archive = new TarLayer({
      open: async () => (await blob.open(signal && { signal })).stream,
      expected: descriptor,
      limits,
      bytesBefore: () => earlier.reduce((sum, { bytes }) => sum + bytes, 0),
    })
    this.#archives.add(archive)
    return archive
  }

  /** Returns a reader that uses the table of contents of a layer; undefined if the table cannot be used. */
  async #openWithToc(
    blob: BlobReader,
    descriptor: Descriptor,
    reference: TocReference,
  ): Promise<LayerReader | undefined> {
    const { signal, limits } = this.#options
    const { digest, size } = descriptor
    const access = new RandomAccessBlob({ size, what: `layer ${digest}`, open: (part) => blob.open(part) })
    try {
      const toc = await readToc(access, reference, limits, signal)
      return new TocLayer({
        ...{ blob: access, tocEntries: entriesOfToc(toc, limits), compression: toc.compression, signal },
        openArchive: () => this.#openArchive(blob, descriptor),
      })
    } catch (error) {
      if (!(error instanceof WindlassError) || !isAboutToc(error)) throw error
      if (error.code === 'UNSUPPORTED') this.#lacksRanges = true
      else if (error.code !== 'LIMIT_EXCEEDED') this.#hasFoundWrongToc = true
      this.#warn(descriptor, error.message)
      return undefined
    }
  }

  #warn({ digest }: Descriptor, why: string): void {
    this.#options.onWarning?.(
      'toc-unusable',
      `The table of contents of layer ${digest} is not used, and the layer is read without it: ${why}`,
    )
  }
}

/** Reports whether an error concerns the table, so that the layer may be read without it. */
const isAboutToc = ({ code }: WindlassError): boolean =>
  ['UNSUPPORTED', 'LAYER_INVALID', 'LIMIT_EXCEEDED', 'DIGEST_MISMATCH', 'SIZE_MISMATCH'].includes(code)
