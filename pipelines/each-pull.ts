/** Many pulls as one stage: an element goes in, a pull of its own runs for it, and its result comes out. */
import { type Stage, stage } from '../lib/flow/index.js'
import type { PulledImage } from '../lib/stages/index.js'

/** A pull that was started for an element. */
export interface RunningPull {
  /** The image, once it is in the store. */
  readonly done: Promise<PulledImage>
  /** Asks the pull to end; `done` then rejects. */
  cancel(reason?: unknown): void
  /** Settles when all that the pull had under way is cleared away. */
  closed(): Promise<void>
}

export interface EachPullOptions<In, Out> {
  /** How many are under way at once (2). */
  readonly slots?: number
  /** Starts the pull of an element. */
  readonly start: (input: In) => RunningPull
  /** Makes a result of an image. */
  readonly pulled: (image: PulledImage, input: In) => Out
  /** Makes a result of a failure; what it throws ends all pulls. */
  readonly failed: (error: unknown, input: In) => Out
}

/** Runs a pull for each element and emits its result, in the order of the elements, once it is over and cleared away. */
export function eachPull<In, Out>({
  slots = 2,
  start,
  pulled,
  failed,
}: EachPullOptions<In, Out>): Stage<In, Out> {
  return stage(
    async (input: In, turn): Promise<Out> => {
      const pull = start(input)
      const cancel = (): void => pull.cancel(turn.signal.reason)
      turn.signal.addEventListener('abort', cancel, { once: true })
      try {
        return pulled(await pull.done, input)
      } catch (error) {
        if (turn.signal.aborted) throw error
        return failed(error, input)
      } finally {
        turn.signal.removeEventListener('abort', cancel)
        await pull.closed()
      }
    },
    { name: 'each-pull', slots, order: 'source' },
  )
}
