/** Provides `OciArchiveSource`, which reads images from a tar archive of an OCI image layout. */
import { ArchiveFile, dockerListPath, indexPath, readPart } from '../../archive/index.js'
import { printable } from '../../codec/index.js'
import { WindlassError } from '../../errors.js'
import { type Limits, defaultLimits } from '../../limits.js'
import { type LayoutFiles, LayoutReader } from '../layout/layout-reader.js'
import { openArchivedBlob } from './archive-source.js'

/** Options of the sources that read archives. */
export interface ArchiveSourceOptions {
  /** Default: `defaultLimits`. `imageBytes` and `layerRatio` apply to a compressed archive as a whole. */
  readonly limits?: Limits
}

/**
 * Returns a tar archive of an OCI image layout as a source of images, compressed or not. No file is read before a method is
 * called.
 *
 * @example
 * const { bytes } = await ociArchiveSource('app.tar').manifest('1.2')
 */
export const ociArchiveSource = (file: string, options: ArchiveSourceOptions = {}): OciArchiveSource =>
  new OciArchiveSource(file, options)

/** A tar archive of an OCI image layout, as a source of images. References: `oci-archive:FILE`, with `:NAME` or `:@N`. */
export class OciArchiveSource extends LayoutReader {
  readonly host: string
  protected readonly prefix = 'oci-archive:'
  protected readonly files: LayoutFiles
  protected readonly indexPath: string
  readonly #archive: ArchiveFile

  /** @param file path of the archive */
  constructor(file: string, { limits = defaultLimits }: ArchiveSourceOptions = {}) {
    super()
    const archive = (this.#archive = new ArchiveFile(file, limits))
    this.host = archive.path
    this.indexPath = archive.path
    this.files = {
      async readIndex(signal) {
        const documents = await archive.documents(signal)
        const index = documents.file(indexPath)
        if (!index) throw noLayoutError(archive.path, documents.file(dockerListPath) !== undefined)
        if (index.size > maxIndexBytes) throw documents.invalid('its index.json is too large')
        return readPart(index, { signal })
      },
      openBlob: async (digest, signal) => openArchivedBlob(await archive.documents(signal), digest),
    }
  }

  /** Releases the decompressed copy of a compressed archive. The source may be used again. */
  close(): Promise<void> {
    return this.#archive.close()
  }
}

/** Maximum size of the index of a layout, in bytes. 20,000 entries take about 10 MB. */
const maxIndexBytes = 64 * 1024 * 1024

const noLayoutError = (path: string, isDockerArchive: boolean): WindlassError =>
  new WindlassError('MANIFEST_UNKNOWN', `${printable(path)} is not an archive of an OCI image layout`, {
    path,
    hint: isDockerArchive
      ? `It is an archive of “docker save”: name it docker-archive:${printable(path)}.`
      : 'It has no index.json. Check the path after oci-archive:.',
  })
