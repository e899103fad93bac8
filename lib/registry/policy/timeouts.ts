/** How long each part of a request may take. There is no way to have none: a silent peer is never waited for without limit. */

import { maxTimer } from '../../flow/lifetime/timer.js'

/** All in milliseconds, but for the rate. */
export interface Timeouts {
  /** Name resolution. */
  readonly lookup: number
  /** TCP connection. */
  readonly connect: number
  /** TLS handshake. */
  readonly secureConnect: number
  /**
   * From the request's end to the last of the answer's headers, however many bytes of them come meanwhile, and from there
   * to the first byte of the body. Whoever asks again after a silence waits longer (`Patience`).
   */
  readonly response: number
  /**
   * A body that brings fewer bytes than `minimumRate` for so long has stalled. Time in which the reader does
   * not ask for bytes does not count.
   */
  readonly stall: number
  /** Bytes a second: a trickle below it is a stall. 0: one byte in the time of `stall` is enough. */
  readonly minimumRate: number
  /** A whole manifest, token or page of tags, from its headers on: what is small may not drip for ever. */
  readonly document: number
}

export const defaultTimeouts: Timeouts = {
  lookup: 15_000,
  connect: 15_000,
  secureConnect: 15_000,
  response: 60_000,
  stall: 60_000,
  // 1,200 bytes a minute: a fiftieth of the worst of mobile links.
  minimumRate: 20,
  document: 120_000,
}

/** Bytes that have to come in the time of `stall`. */
export const minBytesPerStall = ({ stall, minimumRate }: Pick<Timeouts, 'stall' | 'minimumRate'>): number =>
  Math.max(1, Math.ceil((minimumRate * stall) / 1000))

/**
 * The defaults with `changed` in their place. Whoever says how long silence is borne says it of headers too, and of
 * small bodies in the same proportion.
 */
export function timeoutsWith(changed: Partial<Timeouts> = {}): Timeouts {
  const { stall = defaultTimeouts.stall } = changed
  return { ...defaultTimeouts, response: stall, document: Math.min(2 * stall, maxTimer), ...changed }
}
