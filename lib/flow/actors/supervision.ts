/** Provides supervisors, which decide how an actor handles failed attempts, and functions that build them. */

/** A failed attempt at a message. */
export interface Failure<out Msg = unknown> {
  /** Name of the actor. */
  readonly actor: string
  readonly message: Msg
  readonly error: unknown
  /** Number of the attempt, from 1. */
  readonly attempt: number
}

/**
 * What an actor does about a failed attempt.
 * - `fail`: the requester receives the error. In a stage this ends the run.
 * - `skip`: the reply completes without further results.
 * - `retry`: the message is served again after the given number of milliseconds. Meanwhile it holds its slot of the
 *   stage, but no slot of the actor.
 * - `restart`: the behaviour is created again, and the requester receives the error.
 * - `stop`: the actor stops, and all its requesters receive the error.
 */
export type Verdict = 'fail' | 'skip' | 'restart' | 'stop' | { readonly retry: number }

/**
 * Returns the verdict on a failure. Undefined leaves the decision to the next supervisor (see `firstMatch`), or means
 * `fail`.
 */
export type Supervisor<in Msg = unknown> = (failure: Failure<Msg>) => Verdict | undefined

/** Options of `retrying`. */
export interface RetryOptions<Msg = unknown> {
  /** Maximum number of retries. */
  readonly times: number
  /** Delay before the next attempt, in milliseconds. Default: 0. */
  readonly delay?: number | ((failure: Failure<Msg>) => number)
  /** Selects the failures to retry. Default: all. */
  readonly when?: (failure: Failure<Msg>) => boolean
}

/** Returns a supervisor that retries a failed message up to `times` times. */
export function retrying<Msg = unknown>({ times, delay = 0, when }: RetryOptions<Msg>): Supervisor<Msg> {
  return (failure) => {
    if (failure.attempt > times || when?.(failure) === false) return undefined
    return { retry: typeof delay === 'number' ? delay : delay(failure) }
  }
}

/** Returns a supervisor that skips the messages whose failure satisfies `when`. */
export function skipping<Msg = unknown>(when: (failure: Failure<Msg>) => boolean): Supervisor<Msg> {
  return (failure) => (when(failure) ? 'skip' : undefined)
}

/** Combines supervisors: the first verdict that is not undefined counts. */
export function firstMatch<Msg = unknown>(...supervisors: readonly Supervisor<Msg>[]): Supervisor<Msg> {
  return (failure) => {
    for (const supervise of supervisors) {
      const verdict = supervise(failure)
      if (verdict !== undefined) return verdict
    }
    return undefined
  }
}
