/** Recognizes web pages in place of documents: a server that is not a registry, or the login page of a network. */
import { WindlassError, type ErrorCode } from '../../errors.js'
import { type Attempt, failurePrefix } from './attempt.js'
import { displayHost } from '../policy/registry-name.js'

/** Reports whether `bytes` are an HTML document. */
export const isWebPage = (bytes: Buffer): boolean =>
  /^\uFEFF?\s*<(?:!doctype html|html|head)\b/i.test(bytes.subarray(0, 512).toString('utf8'))

/** Returns the error for a web page in place of a document. */
export const webPageError = (attempt: Attempt, code: ErrorCode): WindlassError =>
  new WindlassError(code, `${failurePrefix(attempt)}: it answered with a web page`, {
    host: attempt.url.host,
    hint: `Is ${displayHost(attempt.url.host)} a registry? If this network has a login page (a captive portal), log in with a browser.`,
  })
