/** `Content-Encoding`: asked for is `identity`, digests are over that, and nothing is undone behind anybody's back. */
import { WindlassError } from '../errors.js'
import { printable } from '../image/printable.js'
import type { Answer } from './connections.js'

/** Whether an answer is encoded all the same. */
export function isEncoded({ headers }: Pick<Answer, 'headers'>): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  return encoding !== '' && encoding !== 'identity'
}

/** Closes the body and throws REGISTRY_RESPONSE for an answer that is encoded all the same (threats.md §6). */
export function refuseEncoded(answer: Answer, purpose: string): void {
  if (!isEncoded(answer)) return
  const { headers, body, url } = answer
  body.destroy()
  throw new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${url.host}: it comes with the Content-Encoding '${printable(headers['content-encoding'] ?? '', 40)}', although identity was asked for`,
    { host: url.host, hint: `Is there a proxy before ${url.host} that compresses?` },
  )
}
