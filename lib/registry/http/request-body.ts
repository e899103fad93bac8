/** Defines the bodies of requests, and sends a stream at the pace of the connection. */
import type { Readable, Writable } from 'node:stream'

/** A body that is read from a stream. It can be opened again, because a request may have to be repeated. */
export interface StreamBody {
  /** In bytes. */
  readonly size: number
  /** Opens a new stream of the whole content. */
  open(): Promise<Readable>
}

/** The body of a request. */
export type RequestBody = Buffer | StreamBody

/** Reports whether a body is a stream, which has to be opened again for each request. */
export const isStreamBody = (body: RequestBody | undefined): body is StreamBody =>
  body !== undefined && !Buffer.isBuffer(body)

/** The parts of a request that determine its body. */
interface RequestContent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly body?: RequestBody
}

/** The options of got for a body that is not a stream, and for the headers. */
export interface GotBodyOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly body?: Buffer
}

/**
 * Returns the options of got for the headers and the body of a request. A stream has a `Content-Length`, because many
 * servers reject chunked bodies. Without a body, got would wait for one to be written.
 */
export function gotBodyOptions({ method = 'GET', headers = {}, form, body }: RequestContent): GotBodyOptions {
  if (form !== undefined) return { headers, form }
  if (isStreamBody(body)) return { headers: { ...headers, 'content-length': String(body.size) } }
  if (method === 'GET' || method === 'HEAD') return { headers }
  return { headers, body: body ?? Buffer.alloc(0) }
}

/** Callbacks and timeouts of `sendBody`. */
export interface SendBodyOptions {
  /** Milliseconds in which the connection must take a slice of the body. */
  readonly stall: number
  /** Called with the bytes sent so far if the connection has not taken a slice within `stall`. */
  readonly onStall: (sent: number) => void
  /** Called if the content fails. */
  readonly onFailure: (error: Error) => void
}

/**
 * Number of bytes written at a time. Stalls are detected per slice, because a slow connection may need minutes for a
 * chunk.
 */
const sliceBytes = 64 * 1024

/**
 * Writes `content` to `request` and ends it. Reads only as fast as the connection takes the bytes. Time in which the
 * content has no bytes does not count as a stall.
 * @returns a function that stops sending and destroys `content`
 */
export function sendBody(
  content: Readable,
  request: Writable,
  { stall, onStall, onFailure }: SendBodyOptions,
): () => void {
  let sent = 0
  let rest: Buffer = Buffer.alloc(0)
  let isWaiting = false
  let hasEnded = false
  let timer: NodeJS.Timeout | undefined
  const startTimer = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => onStall(sent), stall)
  }
  const finish = (): void => {
    // The connection has not taken the last slice yet.
    startTimer()
    request.end()
  }
  const write = (): void => {
    clearTimeout(timer)
    isWaiting = false
    while (rest.length > 0 && !isWaiting) {
      const slice = rest.subarray(0, sliceBytes)
      rest = rest.subarray(slice.length)
      sent += slice.length
      isWaiting = !request.write(slice)
    }
    if (isWaiting) {
      content.pause()
      startTimer()
    } else if (hasEnded) finish()
    else content.resume()
  }
  const take = (chunk: Buffer): void => {
    rest = chunk
    write()
  }
  const end = (): void => {
    hasEnded = true
    if (!isWaiting) finish()
  }
  const onRequestFinish = (): void => clearTimeout(timer)
  const close = (): void => {
    if (!hasEnded) onFailure(content.errored ?? new Error('The content was closed before its end'))
  }
  request.on('drain', write).on('finish', onRequestFinish)
  content
    .on('error', () => undefined) // `close` follows
    .on('close', close)
    .on('end', end)
    .on('data', take)
  // The content may have failed before this call.
  if (content.closed) close()
  return () => {
    clearTimeout(timer)
    request.off('drain', write).off('finish', onRequestFinish)
    content.off('data', take).off('end', end).off('close', close).destroy()
  }
}
