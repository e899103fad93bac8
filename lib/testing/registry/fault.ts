/** Creates faults for the embedded registry. A fault replaces the response to certain requests. */
import { digestOf } from '../../image/digest/digest.js'
import { problem, withoutHeaders, type Answer, type BreakOff, type WirePart } from './answer.js'
import type { RequestKind, RequestLogEntry } from './request-log.js'

/** A fault of the embedded registry. */
export interface Fault {
  readonly name: string
  /** Number of times that the fault is applied (1). */
  readonly times?: number
  /** Reports whether the fault applies to a request. */
  where(request: RequestLogEntry): boolean
  /** Where and how the registry stops reading the body of a request. The request then gets no response. */
  readonly stopReading?: BreakOff
  /** Returns the response that replaces `answer`; undefined if the fault does not apply, which does not count. */
  act(answer: Answer, request: RequestLogEntry): Answer | undefined
}

/** Selects the requests to which a fault applies. */
export interface FaultMoment {
  /** Kind of the request; `any` for all kinds. */
  readonly kind?: RequestKind | 'any'
  /** Method of the request. */
  readonly method?: string
  /** Repository of the request. */
  readonly repository?: string
  /** Tag or digest of the request. */
  readonly reference?: string
  /** Only the nth request of this kind, repository and reference, counted from 1. */
  readonly nth?: number
  /** Only responses with this status. */
  readonly status?: number
  /** Number of times that the fault is applied (1); Infinity for every time. */
  readonly times?: number
}

/** Returns the response that replaces a given one; undefined if the fault does not apply. */
type Act = Fault['act']

/** Creates a fault. By default, it applies to the first blob request. */
const fault = (
  name: string,
  { kind = 'blob', method, repository, reference, nth, status, times = 1 }: FaultMoment,
  act: Act,
): Fault => ({
  name,
  times,
  where: (request) =>
    (kind === 'any' || request.kind === kind) &&
    (method === undefined || request.method === method) &&
    (repository === undefined || request.repository === repository) &&
    (reference === undefined || request.reference === reference) &&
    (nth === undefined || request.nth === nth),
  act: (answer, request) =>
    status === undefined || answer.status === status ? act(answer, request) : undefined,
})

/** Returns a function that creates faults which end a response after a number of bytes of the body. */
const breakOffFault =
  (name: string, how: BreakOff['how']) =>
  (after: number, moment: FaultMoment = {}): Fault =>
    fault(name, moment, (answer) => ({ ...answer, breakOff: { after, how } }))

/** Creates faults. Most apply to blob requests by default. */
export const faults = {
  /** Responds with another status and an error body. Applied once by default. */
  status: (status: number, moment: FaultMoment = {}, headers: Answer['headers'] = {}): Fault =>
    fault('status', moment, () => problem(status, 'UNKNOWN', `the fault says ${status}`, headers)),

  /** Replaces the response. A function receives the original one, and returns undefined to keep it. */
  answer: (other: Answer | Act, moment: FaultMoment = {}): Fault =>
    fault('answer', { times: Infinity, ...moment }, typeof other === 'function' ? other : () => other),

  /** Replaces the body, and adds or replaces headers. */
  body: (
    other: Buffer | string | ((body: Buffer) => Buffer),
    moment: FaultMoment = {},
    headers: Answer['headers'] = {},
  ): Fault =>
    fault('body', { times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, ...headers },
      body: typeof other === 'function' ? other(answer.body) : Buffer.from(other),
    })),

  /** Sends raw bytes, text and pauses instead of an HTTP message, and then ends the connection as `how` states. */
  wire: (
    parts: (answer: Answer) => Iterable<WirePart>,
    moment: FaultMoment = {},
    how: BreakOff['how'] = 'close',
  ): Fault =>
    fault('wire', moment, (answer) => ({
      ...answer,
      wire: () => parts(answer),
      breakOff: { after: 0, how },
    })),

  /** Replaces `WWW-Authenticate` in every refusal; removes it if `value` is undefined. */
  challenge: (value: string | undefined, moment: FaultMoment = {}): Fault =>
    fault('challenge', { kind: 'any', times: Infinity, ...moment }, (answer) => {
      if (answer.headers['www-authenticate'] === undefined) return undefined
      const headers = withoutHeaders(answer.headers, 'www-authenticate')
      return {
        ...answer,
        headers: value === undefined ? headers : { ...headers, 'www-authenticate': value },
      }
    }),

  /** Destroys the connection `after` milliseconds after a complete response. */
  dropIdle: (after: number, moment: FaultMoment = {}): Fault =>
    fault('drop-idle', { times: Infinity, ...moment }, (answer) => ({ ...answer, dropAfter: after })),

  /** Closes the connection after `after` bytes of the body. */
  truncate: breakOffFault('truncate', 'close'),
  /** Resets the connection after `after` bytes of the body. */
  reset: breakOffFault('reset', 'reset'),
  /** Sends nothing after `after` bytes of the body, and keeps the connection open. */
  stall: breakOffFault('stall', 'stall'),

  /**
   * Stops reading the body of a request after `after` bytes: closes or resets the connection, or keeps it open. Applies
   * to the PUT of an upload by default.
   */
  cutUpload: (after: number, how: BreakOff['how'] = 'reset', moment: FaultMoment = {}): Fault => ({
    ...fault('cut-upload', { kind: 'upload', method: 'PUT', ...moment }, () => undefined),
    stopReading: { after, how },
  }),

  /** Delays the response by `delay` milliseconds. */
  slow: (delay: number, moment: FaultMoment = {}): Fault =>
    fault('slow', moment, (answer) => ({ ...answer, delay })),

  /** Changes one byte of the body. `at` is its offset in the sent body, also for a range. */
  wrongByte: (at: number, moment: FaultMoment = {}): Fault =>
    fault('wrong-byte', moment, (answer) => {
      const body = Buffer.from(answer.body)
      body[at] = (body[at] ?? 0) ^ 0xff
      return { ...answer, body }
    }),

  /** Replaces `Content-Range`; removes it if `value` is undefined. */
  contentRange: (value: string | undefined, moment: FaultMoment = {}): Fault =>
    fault('content-range', moment, (answer) => ({
      ...answer,
      headers: {
        ...withoutHeaders(answer.headers, 'content-range'),
        ...(value === undefined ? {} : { 'content-range': value }),
      },
    })),

  /** Ignores ranges: sends the whole blob, which `whole` returns, with status 200. */
  noRange: (whole: (digest: string) => Buffer | undefined, moment: FaultMoment = {}): Fault =>
    fault('no-range', { times: Infinity, ...moment }, (answer, { reference }) => ({
      status: 200,
      headers: withoutHeaders(answer.headers, 'content-range', 'accept-ranges'),
      body: whole(reference) ?? answer.body,
    })),

  /** Redirects to `location`. */
  redirect: (location: string, moment: FaultMoment = {}, status = 307): Fault =>
    fault('redirect', { times: Infinity, ...moment }, () => ({
      status,
      headers: { location },
      body: Buffer.alloc(0),
    })),

  /** Changes a manifest without changing its meaning: appends a space, and sets `Docker-Content-Digest` accordingly. */
  wrongManifest: (moment: FaultMoment = {}): Fault =>
    fault('wrong-manifest', { kind: 'manifest', times: Infinity, ...moment }, (answer) => {
      const body = Buffer.concat([answer.body, Buffer.from(' ')])
      return { ...answer, body, headers: { ...answer.headers, 'docker-content-digest': digestOf(body) } }
    }),

  /** Sends the body with chunked transfer coding, without `Content-Length`. */
  chunked: (moment: FaultMoment = {}): Fault =>
    fault('chunked', { times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'transfer-encoding': 'chunked' },
    })),

  /** Removes `Content-Type`. */
  noContentType: (moment: FaultMoment = {}): Fault =>
    fault('no-content-type', { kind: 'manifest', times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: withoutHeaders(answer.headers, 'content-type'),
    })),

  /** Adds or replaces a header. */
  header: (name: string, value: string, moment: FaultMoment = {}): Fault =>
    fault('header', { times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, [name.toLowerCase()]: value },
    })),
}
