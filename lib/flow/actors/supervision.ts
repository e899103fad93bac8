/** Who decides what a failure means: a supervisor gives a verdict for each failed attempt. */

/** One attempt at one message that failed. */
export interface Failure<out Msg = unknown> {
  readonly actor: string
  readonly message: Msg
  readonly error: unknown
  /** Counts from 1. */
  readonly attempt: number
}

/**
 * `fail`: the asker gets the error, which in a stage ends the run. `skip`: the asker gets nothing more, the run goes on.
 * `retry`: the same message again after so many milliseconds; the actor's slot is free meanwhile, the stage's is not.
 * `restart`: the behaviour is built anew, then as `fail`. `stop`: the actor ends and everybody who asked it fails.
 */
export type Verdict = 'fail' | 'skip' | 'restart' | 'stop' | { readonly retry: number }

/** Undefined where it has no opinion; in the end that is `fail`. */
export type Supervisor<in Msg = unknown> = (failure: Failure<Msg>) => Verdict | undefined

export interface RetryOptions<Msg = unknown> {
  /** How often to try again after the first attempt. */
  readonly times: number
  /** Milliseconds before the next attempt (0). */
  readonly delay?: number | ((failure: Failure<Msg>) => number)
  /** Which failures (all). */
  readonly when?: (failure: Failure<Msg>) => boolean
}

/** Tries again, so many times. */
export function retrying<Msg = unknown>({ times, delay = 0, when }: RetryOptions<Msg>): Supervisor<Msg> {
  return (failure) => {
    if (failure.attempt > times || when?.(failure) === false) return undefined
    return { retry: typeof delay === 'number' ? delay : delay(failure) }
  }
}

/** Drops the message, where `when` holds. */
export function skipping<Msg = unknown>(when: (failure: Failure<Msg>) => boolean): Supervisor<Msg> {
  return (failure) => (when(failure) ? 'skip' : undefined)
}

/** Asks one supervisor after the other; the first that has an opinion decides. */
export function firstMatch<Msg = unknown>(...supervisors: readonly Supervisor<Msg>[]): Supervisor<Msg> {
  return (failure) => {
    for (const supervise of supervisors) {
      const verdict = supervise(failure)
      if (verdict !== undefined) return verdict
    }
    return undefined
  }
}
