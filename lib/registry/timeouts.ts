/** How long each part of a request may take. There is no way to have none: a silent peer is never waited for without limit. */

/** All in milliseconds. */
export interface Timeouts {
  /** Name resolution. */
  readonly lookup: number
  /** TCP connection. */
  readonly connect: number
  /** TLS handshake. */
  readonly secureConnect: number
  /** From the request's end to the answer's headers. */
  readonly response: number
  /**
   * A body that brings less than one byte a second for so long has stalled (S0-85). Time in which the reader does
   * not ask for bytes does not count.
   */
  readonly stall: number
  /** A whole manifest, token or page of tags, from its headers on: what is small may not drip for ever. */
  readonly document: number
}

export const defaultTimeouts: Timeouts = {
  lookup: 15_000,
  connect: 15_000,
  secureConnect: 15_000,
  response: 60_000,
  stall: 60_000,
  document: 120_000,
}

/**
 * The defaults with `changed` in their place. Whoever says how long silence is borne says it of headers too, and of
 * small bodies in the same proportion.
 */
export function timeoutsWith(changed: Partial<Timeouts> = {}): Timeouts {
  const { stall = defaultTimeouts.stall } = changed
  return { ...defaultTimeouts, response: stall, document: 2 * stall, ...changed }
}
