/** Defines the timeouts of requests. They cannot be disabled: no request waits without a limit. */

import { maxTimer } from '../../flow/lifetime/timer.js'

/** Timeouts in milliseconds, and a minimum rate in bytes per second. */
export interface Timeouts {
  /** Name resolution. */
  readonly lookup: number
  /** TCP connection. */
  readonly connect: number
  /** TLS handshake. */
  readonly secureConnect: number
  /**
   * From the end of the request to the end of the response headers, and from there to the first byte of the body. A
   * retry after a timeout waits longer (`ResponseTimeouts`).
   */
  readonly response: number
  /**
   * Period over which the rate of a body is measured. A body below `minimumRate` has stalled. Time in which the reader
   * does not ask for bytes does not count.
   */
  readonly stall: number
  /** Minimum rate of a body in bytes per second. 0 requires one byte within `stall`. */
  readonly minimumRate: number
  /** Total time for the body of a manifest, token or tag page. */
  readonly document: number
}

/** The default timeouts. */
export const defaultTimeouts: Timeouts = {
  lookup: 15_000,
  connect: 15_000,
  secureConnect: 15_000,
  response: 60_000,
  stall: 60_000,
  // 1,200 bytes per minute, which is 2 % of the slowest mobile links.
  minimumRate: 20,
  document: 120_000,
}

/** Returns the number of bytes that must be received within `stall`. */
export const minBytesPerStall = ({ stall, minimumRate }: Pick<Timeouts, 'stall' | 'minimumRate'>): number =>
  Math.max(1, Math.ceil((minimumRate * stall) / 1000))

/**
 * Returns the defaults with `changed` applied. Unless set, `response` equals `stall`, and `document` is twice
 * `stall`, up to the maximum of a timer.
 */
export function timeoutsWith(overrides: Partial<Timeouts> = {}): Timeouts {
  const { stall = defaultTimeouts.stall } = overrides
  return { ...defaultTimeouts, response: stall, document: Math.min(2 * stall, maxTimer), ...overrides }
}
