/** Defines the responses (`Answer`) of the embedded registry as plain data, so that faults can change them. */

/** A response of the embedded registry. */
export interface Answer {
  readonly status: number
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Where and how the response is cut off; without it, the whole body is sent. */
  readonly breakOff?: BreakOff
  /** Milliseconds before the first byte. */
  readonly delay?: number
  /**
   * Returns bytes to send instead of status line, headers and body, for responses that an HTTP server cannot produce.
   * The sequence may be infinite. Afterwards the connection is ended as `breakOff` states, by default closed.
   */
  readonly wire?: () => Iterable<WirePart>
  /** Milliseconds after the response when the connection is destroyed. */
  readonly dropAfter?: number
}

/** Bytes, a latin1 string, or a pause in milliseconds. */
export type WirePart = Buffer | string | number

/** How the transfer of a body is interrupted. */
export interface BreakOff {
  /** Number of bytes of the body that are transferred before the interruption. */
  readonly after: number
  /** `close`: the connection is closed; `reset`: it is reset by TCP RST; `stall`: it stays open and silent. */
  readonly how: 'close' | 'reset' | 'stall'
}

/** Returns a response. */
export const answer = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Buffer = Buffer.alloc(0),
): Answer => ({
  status,
  headers,
  body,
})

/** Returns a JSON response. */
export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer =>
  answer(status, { 'content-type': 'application/json', ...headers }, Buffer.from(JSON.stringify(value)))

/** Returns an error response in the format of the distribution specification, "Error Codes". */
export const problem = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => json(status, { errors: [{ code, message, detail: null }] }, headers)

/** Returns `headers` without the headers `names`. */
export const withoutHeaders = (headers: Answer['headers'], ...names: readonly string[]): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
