/** Disposes of responses that are not needed. */
import type { Response } from './connections.js'

/** Maximum length of a body, in bytes, that is read so that its connection can be reused. */
const maxDrainBytes = 16 * 1024

/** Reads a short body to its end, so that its connection can be reused, and destroys a long one. */
export function discard({ body, headers }: Response): void {
  const length = Number(headers['content-length'] ?? Number.NaN)
  if (length <= maxDrainBytes) body.resume()
  else body.destroy()
}
