/** What the embedded registry is about to send, as plain data: what a fault takes and changes. */

export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Where the sending breaks off, and how; without it the whole body is sent. */
  readonly breakOff?: BreakOff
  /** Milliseconds before the first byte. */
  readonly delay?: number
  /**
   * What goes on the wire as it is, in place of status line, headers and body: for what no server would send. It may be
   * without end. The connection is closed after it, or as `breakOff` says.
   */
  readonly wire?: () => Iterable<WirePart>
  /** The connection is dropped so many milliseconds after the answer, which did not say so. */
  readonly dropAfter?: number
}

/** Bytes (a string: latin1), or a pause in milliseconds. */
export type WirePart = Buffer | string | number

export interface BreakOff {
  /** Bytes of the body that are sent. */
  readonly after: number
  /** `close`: the connection ends in order; `reset`: by a TCP reset; `stall`: it stays open and silent. */
  readonly how: 'close' | 'reset' | 'stall'
}

export const answer = (
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Buffer = Buffer.alloc(0),
): Answer => ({
  status,
  headers,
  body,
})

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer =>
  answer(status, { 'content-type': 'application/json', ...headers }, Buffer.from(JSON.stringify(value)))

/** A refusal in the form of the distribution specification. */
export const problem = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => json(status, { errors: [{ code, message, detail: null }] }, headers)

/** `headers` but these. */
export const without = (headers: Answer['headers'], ...names: readonly string[]): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
