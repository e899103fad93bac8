/** An answer that is of no more use: a short body is read so that its connection can be used again, a long one cut. */
import type { Response } from './connections.js'

const worthReading = 16 * 1024

export function discard({ body, headers }: Response): void {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (length <= worthReading) body.resume()
  else body.destroy()
}
