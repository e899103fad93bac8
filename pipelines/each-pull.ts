/** Provides `eachPull`, a stage that runs one pull, or one copy, for each element. */
import { type Stage, stage } from '../lib/flow/index.js'
import type { PulledImage } from '../lib/stages/index.js'

/** A pull that was started for an element; with another `Image`, a copy. */
export interface RunningPull<Image = PulledImage> {
  /** The image, once it is in the store or at the target. */
  readonly done: Promise<Image>
  /** Cancels the pull; `done` then rejects. */
  cancel(reason?: unknown): void
  /** Resolves when the pull has released all its resources. */
  closed(): Promise<void>
}

/** Options of `eachPull`. */
export interface EachPullOptions<In, Out, Image = PulledImage> {
  /** Maximum number of concurrent pulls (2). */
  readonly slots?: number
  /** Starts the pull of an element. */
  readonly start: (input: In) => RunningPull<Image>
  /** Maps a pulled image to the result of its element. */
  readonly mapImage: (image: Image, input: In) => Out
  /** Maps an error to the result of its element. An error that it throws fails the stage and cancels all pulls. */
  readonly mapError: (error: unknown, input: In) => Out
}

/**
 * Returns the stage that runs a pull for each element. It emits the results in the order of the elements, each after
 * its pull has closed.
 */
export function eachPull<In, Out, Image = PulledImage>({
  slots = 2,
  start,
  mapImage,
  mapError,
}: EachPullOptions<In, Out, Image>): Stage<In, Out> {
  return stage(
    async (input: In, { signal }): Promise<Out> => {
      const pull = start(input)
      const cancel = (): void => pull.cancel(signal.reason)
      signal.addEventListener('abort', cancel, { once: true })
      try {
        return mapImage(await pull.done, input)
      } catch (error) {
        if (signal.aborted) throw error
        return mapError(error, input)
      } finally {
        signal.removeEventListener('abort', cancel)
        await pull.closed()
      }
    },
    { name: 'each-pull', slots, order: 'source' },
  )
}
