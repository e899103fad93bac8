/** Provides `LayoutSource`, which reads images from an OCI image layout in a directory (image-spec, image-layout.md). */
import { lstatSync } from 'node:fs'
import path from 'node:path'
import { WindlassError } from '../errors.js'
import { OutsideFileError, openOutsideFile, readOutsideFile } from '../system/outside-file.js'
import { type Digest, algorithmOf, hexOf } from '../image/index.js'
import { printable } from '../codec/index.js'
import { type LayoutFiles, LayoutReader } from './layout/layout-reader.js'
import { type OpenedBlob, blobOfFile } from './local/local-source.js'

/**
 * Returns the OCI image layout in `directory` as a source of images. No file is read before a method is called.
 *
 * @example
 * const { bytes } = await layoutSource('images/app').manifest('1.2')
 */
export const layoutSource = (directory: string): LayoutSource => new LayoutSource(directory)

/** An OCI image layout in a directory, as a source of images. References: `oci:DIR`, `oci:DIR:NAME`, `oci:DIR:@N`. */
export class LayoutSource extends LayoutReader {
  /** Absolute path of the layout. Events and errors show it in place of the host of a registry. */
  readonly host: string
  protected readonly prefix = 'oci:'
  protected readonly files: LayoutFiles
  protected readonly indexPath: string

  /** @param directory path of the layout */
  constructor(readonly directory: string) {
    super()
    this.host = path.resolve(directory)
    this.indexPath = path.join(this.host, 'index.json')
    this.files = new LayoutDirectory(this.host)
  }
}

/** The files of a layout in a directory. */
class LayoutDirectory implements LayoutFiles {
  constructor(private readonly directory: string) {}

  readIndex(): Promise<Buffer> {
    return settle(() => {
      this.#checkLayout()
      return this.#readFile(path.join(this.directory, 'index.json'), maxIndexBytes)
    })
  }

  /** Opens a blob. Refuses symbolic links, because they could lead to any file of this machine. */
  openBlob(digest: Digest): Promise<OpenedBlob> {
    return settle(() => {
      const directory = path.join(this.directory, 'blobs', algorithmOf(digest))
      const file = path.join(directory, hexOf(digest))
      try {
        for (const each of [path.dirname(directory), directory])
          if (lstatSync(each, { throwIfNoEntry: false })?.isSymbolicLink() === true)
            throw new OutsideFileError('link', `${path.relative(this.directory, each)} is a symbolic link`)
        const { fd, stats } = openOutsideFile(file, { maxBytes: Infinity })
        return blobOfFile({ fd, start: 0, size: stats.size })
      } catch (cause) {
        throw new WindlassError(
          'BLOB_UNKNOWN',
          `Failed to read ${digest} from the layout ${printable(this.directory)}: ${messageOf(cause)}`,
          { digest, path: file, cause, hint: 'The layout is incomplete. Create it again.' },
        )
      }
    })
  }

  /**
   * Throws if the `oci-layout` file exists but cannot be read. It may be missing: the image-spec requires it, but older
   * tools do not write it.
   */
  #checkLayout(): void {
    const file = path.join(this.directory, 'oci-layout')
    try {
      this.#readFile(file, maxLayoutFileBytes)
    } catch (error) {
      const failure = error instanceof WindlassError ? error.cause : undefined
      if (!(failure instanceof OutsideFileError) || failure.reason !== 'missing') throw error
    }
  }

  #readFile(file: string, maxBytes: number): Buffer {
    try {
      return readOutsideFile(file, { maxBytes })
    } catch (cause) {
      throw new WindlassError(
        'MANIFEST_UNKNOWN',
        `${printable(this.directory)} is not a readable OCI image layout: ${path.basename(file)}: ${messageOf(cause)}`,
        {
          path: file,
          cause,
          hint: 'Check the path after oci:, which must be the directory of an image layout.',
        },
      )
    }
  }
}

/** Turns errors of synchronous calls into rejections. */
const settle = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()))

/** Maximum size of the index of a layout, in bytes. 20,000 entries take about 10 MB. */
const maxIndexBytes = 64 * 1024 * 1024

/** Maximum size of `oci-layout`, which contains only a version, in bytes. */
const maxLayoutFileBytes = 64 * 1024

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
