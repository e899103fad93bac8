/** A URL as messages show it: no user info, no query (presigned URLs carry their secret there), no fragment. */
import { printable } from '../../codec/printable.js'

export function printableUrl(url: URL): string {
  return printable(`${url.protocol}//${url.host}${url.pathname}`, 500)
}
