/** Builds parts of raw HTTP responses for `faults.wire`: bytes, text, and pauses (numbers of milliseconds). */
import type { Answer, WirePart } from './answer.js'

/** Returns a status line and headers: `head('200 OK', 'content-length: 3')`. */
export const head = (status: string, ...headers: readonly string[]): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** Returns the status line and headers of `answer`, with another HTTP version or additional lines. */
export function headOfAnswer(answer: Answer, version = 'HTTP/1.1', ...more: readonly string[]): string {
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
 * Repeats `part` infinitely, each followed by a pause in milliseconds. The pauses let a client in the same process read
 * each part. Otherwise the count of sent bytes would include unread data in the buffers of the system.
 */
export function* repeatForever(part: Buffer | string, pause = 1): Generator<WirePart> {
  for (;;) {
    yield part
    yield pause
  }
}

/** Yields the bytes one at a time, each followed by a pause in milliseconds. */
export function* drip(bytes: Buffer | string, pause: number): Generator<WirePart> {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  for (let at = 0; at < all.length; at++) {
    yield all.subarray(at, at + 1)
    yield pause
  }
}
