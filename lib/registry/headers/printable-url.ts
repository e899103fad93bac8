/** Formats URLs for messages. */
import { printable } from '../../codec/printable.js'

/** Formats a URL without user info, query and fragment: presigned URLs contain secrets in their query. */
export function printableUrl(url: URL): string {
  return printable(`${url.protocol}//${url.host}${url.pathname}`, 500)
}
