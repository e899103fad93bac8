/** Defines the findings of `windlass doctor`. */

/** `ok`: nothing to do. `note`: pulls work, but something could be better. `problem`: some pulls fail. */
export type FindingState = 'ok' | 'note' | 'problem'

/** What a check found. */
export interface Finding {
  /** Name of the check, for programs: `overlay`, `space`. */
  readonly check: string
  readonly state: FindingState
  /** What was found, as one sentence. Contains no secret. */
  readonly message: string
  /** What to do, as one sentence. Absent if there is nothing to do. */
  readonly advice?: string
}

/** Returns a function that creates findings of one check. */
export const findingsOf =
  (check: string) =>
  (state: FindingState, message: string, advice?: string): Finding => ({
    ...{ check, state, message },
    ...(advice !== undefined && { advice }),
  })
