/** Reads the files of images for a puller: from its store if the store has the image, otherwise from its source. */
import { WindlassError, asWindlassError } from '../lib/errors.js'
import { Scope } from '../lib/flow/index.js'
import type { Limits } from '../lib/limits.js'
import type { ForeignUrlOrder, RetryPolicy } from '../lib/transfer/index.js'
import { type ImageFile, type OpenedFile, type ReadableImage, readImage } from '../pipelines/files.js'
import { imageLayers } from '../pipelines/image-layers.js'
import { cancelledError } from '../pipelines/only.js'
import { readStored } from '../pipelines/read-stored.js'
import type { PullParts } from '../pipelines/pull-stages.js'
import type { Located } from './names/locate-anywhere.js'
import type { FileOptions, FilesOptions } from './options/options.js'
import type { RunningOperation } from './running-operation.js'

/** What the reads of a puller share. */
export interface FileReadsOptions {
  readonly retry: RetryPolicy
  readonly limits: Limits
  readonly foreignUrls: ForeignUrlOrder | undefined
  readonly requireSignatures: boolean
  /** Opens the store; undefined if there is none. */
  readonly parts: () => Promise<PullParts | undefined>
  /** Registers a read, so that the puller waits for its end. */
  readonly keep: (read: RunningOperation) => void
}

/** A read that has begun. */
interface Read {
  readonly image: ReadableImage
  readonly signal: AbortSignal
  /** Closes the image, and lets the puller close. */
  readonly end: () => Promise<void>
}

/** Reads the files of images. Registers each read with `keep` until it has ended. */
export class FileReads {
  constructor(private readonly options: FileReadsOptions) {}

  /** Yields the files of an image. */
  async *list(located: Located, options: FilesOptions): AsyncGenerator<ImageFile, void, undefined> {
    const { image, signal, end } = await this.#begin(located, options)
    try {
      const { path, recursive = true } = options
      yield* await image
        .list(path, { recursive })
        .catch((error: unknown) => Promise.reject(reasonOf(error, signal)))
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
      // A stream without a reader may fail as well.
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
      throw reasonOf(error, signal)
    }
  }

  async #begin(located: Located, options: FilesOptions | FileOptions): Promise<Read> {
    const { keep } = this.options
    const stop = new AbortController()
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
    let ended = (): void => undefined
    const closed = new Promise<void>((resolve) => (ended = resolve))
    keep({
      cancel: (reason) => stop.abort(reason ?? new WindlassError('CANCELLED', 'The work was cancelled')),
      closed: () => closed,
      running: [`the files of ${located.request.name}`],
    })
    try {
      signal.throwIfAborted()
      const image = await this.#image(located, options, signal)
      const end = async (): Promise<void> => {
        await image.close().catch(() => undefined)
        ended()
      }
      return { image, signal, end }
    } catch (error) {
      ended()
      throw reasonOf(error, signal)
    }
  }

  async #image(
    { request, incomplete }: Located,
    { onWarning, verify = false }: Pick<FileOptions, 'onWarning' | 'verify'>,
    signal: AbortSignal,
  ): Promise<ReadableImage> {
    const { retry, limits, foreignUrls, requireSignatures, parts } = this.options
    const shared = { retry, limits, foreignUrls, signal, onWarning }
    const store = (await parts())?.store
    const stored = store && (await readStored(request, store, { ...shared, onlyBlobs: verify }))
    if (stored) return stored
    if (incomplete) throw incomplete()
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

/** Returns the reason of the signal if it has aborted: an aborted request fails in many ways. */
const reasonOf = (error: unknown, signal: AbortSignal): WindlassError =>
  signal.aborted ? cancelledError(signal.reason, 'reading of the image') : asWindlassError(error)
