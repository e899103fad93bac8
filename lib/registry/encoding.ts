/** `Content-Encoding`: asked for is `identity`, digests are over that, and nothing is undone behind anybody's back. */
import { WindlassError } from '../errors.js'
import { printable } from '../image/printable.js'
import type { Answer } from './connections.js'

/** Closes the body and throws REGISTRY_RESPONSE for an answer that is encoded all the same (threats.md §6). */
export function refuseEncoded({ headers, body, url }: Answer, purpose: string): void {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '' || encoding === 'identity') return
  body.destroy()
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${url.host}: it comes with the Content-Encoding '${printable(encoding, 40)}', although identity was asked for`,
    { host: url.host, hint: `Is there a proxy before ${url.host} that compresses?` },
  )
}
