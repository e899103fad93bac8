/** Reads the files of images for a puller: from its store if the store has the image, otherwise from its source. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { Scope } from '../lib/flow/index.js'
import type { Limits } from '../lib/limits.js'
import type { ForeignUrlOrder, RetryPolicy } from '../lib/transfer/index.js'
import { type ImageFile, type OpenedFile, type ReadableImage, readImage } from '../pipelines/files.js'
import { imageLayers } from '../pipelines/image-layers.js'
import { cancelledError } from '../pipelines/run-for-result.js'
import { readStored } from '../pipelines/read-stored.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import { chooseImage } from './names/choose-image.js'
import { closeSources, type Located, nameOf } from './names/located.js'
import type { FileOptions, FilesOptions } from './options/options.js'
import type { RunningOperation } from './running-operation.js'

/** What the reads of a puller share. */
export interface FileReadsOptions {
  readonly retry: RetryPolicy
  readonly limits: Limits
  readonly foreignUrls: ForeignUrlOrder | undefined
  readonly requireSignatures: boolean
  /** Opens the store if it exists; otherwise resolves to undefined. */
  readonly openIfExists: () => Promise<PullParts | undefined>
  /** Registers a read, so that closing the puller cancels it and waits for its end. */
  readonly register: (read: RunningOperation) => void
}

/** A read in progress. */
interface Read {
  readonly image: ReadableImage
  readonly signal: AbortSignal
  /** Closes the image and resolves `closed` of the registered read. */
  readonly end: () => Promise<void>
}

/** Reads the files of images. Each read is registered until it has ended. */
export class FileReads {
  constructor(private readonly options: FileReadsOptions) {}

  /** Yields the files of an image. */
  async *list(located: Located, options: FilesOptions): AsyncGenerator<ImageFile, void, undefined> {
    const { image, signal, end } = await this.#begin(located, options)
    try {
      const { path, recursive = true } = options
      yield* await image
        .list(path, { recursive })
        .catch((error: unknown) => Promise.reject(readError(error, signal)))
    } finally {
      await end()
    }
  }

  /** Opens a file of an image. The read ends when its stream is closed. */
  async open(located: Located, path: string, options: FileOptions): Promise<OpenedFile> {
    const { image, signal, end } = await this.#begin(located, options)
    try {
      const { verify = false } = options
      const file = await image.open(path, { verify })
      const abort = (): void => void file.stream.destroy(cancelledError(signal.reason, 'reading of the file'))
      // Without a listener, an error before the caller reads the stream would end the process.
      file.stream.on('error', () => undefined)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      file.stream.once('close', () => {
        signal.removeEventListener('abort', abort)
        void end()
      })
      return file
    } catch (error) {
      await end()
      throw readError(error, signal)
    }
  }

  async #begin(located: Located, options: FilesOptions | FileOptions): Promise<Read> {
    const { register } = this.options
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    let resolveClosed = (): void => undefined
    const closed = new Promise<void>((resolve) => (resolveClosed = resolve))
    register({
      cancel: (reason) => stop.abort(reason ?? new WindlassError('CANCELLED', 'The work was cancelled')),
      closed: () => closed,
      running: [`the files of ${nameOf(located)}`],
    })
    try {
      signal.throwIfAborted()
      const image = await this.#image(located, options, signal)
      const end = async (): Promise<void> => {
        await image.close().catch(() => undefined)
        await closeSources(located)
        resolveClosed()
      }
      return { image, signal, end }
    } catch (error) {
      await closeSources(located)
      resolveClosed()
      throw readError(error, signal)
    }
  }

  async #image(
    located: Located,
    { onWarning, verify = false }: Pick<FileOptions, 'onWarning' | 'verify'>,
    signal: AbortSignal,
  ): Promise<ReadableImage> {
    const { retry, limits, foreignUrls, requireSignatures, openIfExists } = this.options
    const shared = { retry, limits, foreignUrls, signal, onWarning }
    const store = (await openIfExists())?.store
    const request = await chooseImage(located, { retry, signal, onWarning, store })
    const stored = store && (await readStored(request, store, { ...shared, onlyBlobs: verify }))
    if (stored) return stored
    if (located.incompleteError) throw located.incompleteError()
    const scope = new Scope()
    scope.events.subscribe((event) => {
      if (event.type === 'warning' && 'code' in event && 'message' in event)
        onWarning?.(String(event.code), String(event.message))
    })
    try {
      const layers = await imageLayers(request, { retry, requireSignatures, signal }, scope)
      return readImage(
        layers.map((descriptor) => ({ descriptor })),
        { ...shared, source: request.source },
      )
    } finally {
      await scope.close()
    }
  }
}

/**
 * Returns the error to report: CANCELLED if the signal has aborted, because an aborted request may fail with any error.
 */
const readError = (error: unknown, signal: AbortSignal): WindlassError =>
  signal.aborted ? cancelledError(signal.reason, 'reading of the image') : asWindlassError(error)
