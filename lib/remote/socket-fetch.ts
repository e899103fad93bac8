/** Provides `socketFetch`, a `fetch` for Node that connects to a unix socket, which the `fetch` of Node cannot do. */
import { type IncomingMessage, request as startRequest } from 'node:http'
import { Readable } from 'node:stream'

/**
 * Returns a `fetch` whose requests all go to the unix socket `path`, for `ClientOptions.fetch`. The host of the URL is only sent as
 * `Host`. The body of a response is streamed; an abort of the signal ends the request and its body. Supports what the client of the
 * API sends: text bodies and plain headers. Rejects with the errors of `node:net`, such as ENOENT and ECONNREFUSED.
 */
export const socketFetch =
  (path: string): typeof fetch =>
  (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const { method = 'GET', headers, body, signal } = init
    if (body !== undefined && body !== null && typeof body !== 'string')
      return Promise.reject(new TypeError('A body must be text'))
    return new Promise((resolve, reject) => {
      const request = startRequest({
        socketPath: path,
        path: url.pathname + url.search,
        method,
        headers: { host: url.host, ...Object.fromEntries(new Headers(headers)) },
        ...(signal && { signal }),
        // One connection for each request: none stays open, and keeps the process alive, after the response.
        agent: false,
      })
      request.once('error', (error) => reject(signal?.aborted ? abortReason(signal) : error))
      request.once('response', (response) => resolve(toResponse(response)))
      request.end(body ?? undefined)
    })
  }

const abortReason = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('The request was aborted')

/** Statuses whose responses have no body (Fetch standard, section 2.2.3). */
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

function toResponse(response: IncomingMessage): Response {
  const { statusCode: status = 500, statusMessage: statusText = '' } = response
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(response.headersDistinct))
    for (const value of values) headers.append(name, value)
  if (withoutBody.has(status)) {
    response.resume()
    return new Response(null, { status, statusText, headers })
  }
  // The cast: the types of Node and of the DOM describe the same stream.
  const body = Readable.toWeb(response) as ReadableStream<Uint8Array>
  return new Response(body, { status, statusText, headers })
}
