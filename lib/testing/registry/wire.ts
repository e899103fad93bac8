/** Builds raw parts of responses for `faults.wire`. */
import type { Answer, WirePart } from './answer.js'

/** Returns a status line and headers: `head('200 OK', 'content-length: 3')`. */
export const head = (status: string, ...headers: readonly string[]): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** Returns the status line and headers of `answer`, with another HTTP version or additional lines. */
export function headOf(answer: Answer, version = 'HTTP/1.1', ...more: readonly string[]): string {
  const headers = Object.entries({ 'content-length': answer.body.length, ...answer.headers })
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), ...more]
  return `${version} ${answer.status} OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

/** Returns one chunk of a chunked body (RFC 9112 §7.1). */
export const chunk = (bytes: Buffer | string): Buffer =>
  Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    Buffer.from(bytes as string),
    Buffer.from('\r\n'),
  ])

/**
 * Repeats `part` infinitely with pauses of `wait` milliseconds (1). The pauses let a client in the same process read
 * each part, so that the count of sent bytes does not include data that fills the buffers of the system unread.
 */
export function* forever(part: Buffer | string, wait = 1): Generator<WirePart> {
  for (;;) {
    yield part
    yield wait
  }
}

/** Returns the bytes one at a time, each followed by a pause of `wait` milliseconds. */
export function* drip(bytes: Buffer | string, wait: number): Generator<WirePart> {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  for (let at = 0; at < all.length; at++) {
    yield all.subarray(at, at + 1)
    yield wait
  }
}
