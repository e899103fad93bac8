/**
 * Remembers which mirrors failed, so that later requests do not wait for them again. A mirror is asked again after a
 * while: 30 s after a failure of the network or the server, twice as long after each further one, at most 5 minutes;
 * 10 minutes after it sent wrong bytes. A mirror that refuses access to a repository is not asked for this repository
 * for 5 minutes. A mirror that does not have something, or that passes on an error of the registry, has not failed.
 */
import type { WindlassError } from '../../errors.js'
import { isFailureOfPlace, isMismatch } from '../../image/index.js'

const second = 1000
const minute = 60 * second

/** Milliseconds without requests. */
const afterFailure = 30 * second
const afterFailures = 5 * minute
const afterRefusal = 5 * minute
const afterWrongBytes = 10 * minute

/** The failures of one mirror. */
interface Failures {
  readonly count: number
  /** Time until which the mirror is not asked, in milliseconds (`now`). */
  readonly until: number
}

/** A mirror, and a repository on it. */
export interface PlaceName {
  readonly host: string
  readonly repository?: string | undefined
}

/** The failures of the mirrors that a puller knows. */
export class PlaceHealth {
  readonly #failures = new Map<string, Failures>()
  readonly #now: () => number

  /** @param now - returns the present time in milliseconds, which never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Returns whether to ask the mirror. */
  mayAsk({ host, repository = '' }: PlaceName): boolean {
    return [host, `${host}/${repository}`].every(
      (key) => (this.#failures.get(key)?.until ?? 0) <= this.#now(),
    )
  }

  /** Records a failure. */
  recordFailure({ host, repository = '' }: PlaceName, error: WindlassError): void {
    if (!isFailureOfPlace(error)) return
    const key = isRefusal(error) ? `${host}/${repository}` : host
    const now = this.#now()
    const { count: before, until } = this.#failures.get(key) ?? { count: 0, until: now }
    // A failure during a pause is that of a request that was sent before.
    const count = until > now ? before : before + 1
    this.#failures.set(key, { count, until: Math.max(until, now + pauseAfter(error, count)) })
  }

  /** Records that the mirror served something. Wrong bytes that it sent before stay on record. */
  recordSuccess({ host, repository = '' }: PlaceName): void {
    for (const key of [host, `${host}/${repository}`]) {
      const known = this.#failures.get(key)
      if (known !== undefined && known.until <= this.#now()) this.#failures.delete(key)
    }
  }
}

const isRefusal = ({ exitCode, code }: WindlassError): boolean =>
  exitCode === 3 || code === 'CHALLENGE_INVALID'

function pauseAfter(error: WindlassError, count: number): number {
  const hasWrongBytes: boolean = isMismatch(error)
  if (hasWrongBytes) return afterWrongBytes
  if (isRefusal(error)) return afterRefusal
  return Math.max(error.retryAfter ?? 0, Math.min(afterFailures, afterFailure * 2 ** (count - 1)))
}
