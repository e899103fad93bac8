/** What goes on the wire where no HTTP server would send it: parts for `faults.wire`. */
import type { Answer, WirePart } from './answer.js'

/** A status line and headers, as they are written: `head('200 OK', 'content-length: 3')`. */
export const head = (status: string, ...headers: readonly string[]): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** The head that `answer` would have, under another version or with lines put in. */
export function headOf(answer: Answer, version = 'HTTP/1.1', ...more: readonly string[]): string {
  const headers = Object.entries({ 'content-length': answer.body.length, ...answer.headers })
  const lines = [...headers.map(([name, value]) => `${name}: ${value}`), ...more]
  return `${version} ${answer.status} OK\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
}

/** One chunk of a chunked body. */
export const chunk = (bytes: Buffer | string): Buffer =>
  Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    Buffer.from(bytes as string),
    Buffer.from('\r\n'),
  ])

/**
 * `part` again and again, with a pause of `wait` milliseconds (1) between. A client in this very process has a turn to read
 * each part before the next: else more than it ever read would lie in the buffers of the system, as much as these hold.
 */
export function* forever(part: Buffer | string, wait = 1): Generator<WirePart> {
  for (;;) {
    yield part
    yield wait
  }
}

/** One byte at a time, with a pause after each. */
export function* drip(bytes: Buffer | string, wait: number): Generator<WirePart> {
  const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes
  for (let at = 0; at < all.length; at++) {
    yield all.subarray(at, at + 1)
    yield wait
  }
}
