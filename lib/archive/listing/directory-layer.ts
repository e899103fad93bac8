/** Reads a layer from the tree to which it was unpacked. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackError } from '../failure.js'
import { readLayerDirectory } from '../rootfs/layer-directory.js'
import { toPathBytes } from '../rootfs/bytes-path.js'
import type { TarEntry } from '../tar/entry.js'
import type { FileReading, LayerReader } from './layer-reader.js'

/** Maximum number of entries to read without yielding to the event loop. */
const entriesAtOnce = 500

/** An unpacked layer, with whiteouts of either form. */
export class DirectoryLayer implements LayerReader {
  readonly entries: TarEntry[] = []
  /** The bytes on the disk are not verified again. */
  readonly verified = false
  #complete = false
  readonly #steps: Generator<undefined, void>

  /**
   * @param directory the root of the tree
   * @param implied directories that the layer does not list, as in `UnpackResult.implied`
   */
  constructor(
    private readonly directory: string,
    implied: readonly string[] = [],
  ) {
    const handler = {
      entry: (entry: TarEntry) => void this.entries.push(entry),
      data: () => undefined,
      end: () => undefined,
    }
    this.#steps = readLayerDirectory(directory, handler, implied, false)
  }

  get complete(): boolean {
    return this.#complete
  }

  advance(): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          for (let count = 0; count < entriesAtOnce && !this.#complete; count++)
            this.#complete = this.#steps.next().done === true
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  content(ordinal: number): FileReading {
    const { path } = this.entries[ordinal]!
    const filePath = Buffer.concat([Buffer.from(join(this.directory, '/')), toPathBytes(path)])
    return { verified: false, read: () => readContent(filePath, path) }
  }

  close(): Promise<void> {
    this.#steps.return()
    return Promise.resolve()
  }
}

/** Yields the content of a file. Does not follow a link or block on a FIFO. `path` is for messages. */
async function* readContent(filePath: Buffer, path: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    const file = await open(filePath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>)
        yield chunk
    } finally {
      await file.close()
    }
  } catch (error) {
    throw unpackError(path, error)
  }
}
