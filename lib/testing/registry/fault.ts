/**
 * Things that go wrong on the way to a client, by name, each at a moment that a test can say. A fault takes the answer
 * that would have been sent and gives another.
 */
import { digestOf } from '../../image/digest/digest.js'
import { problem, without, type Answer, type BreakOff, type WirePart } from './answer.js'
import type { RequestKind, RequestLogEntry } from './request-log.js'

export interface Fault {
  readonly name: string
  /** How often it strikes (1); after that the registry is well again. */
  readonly times?: number
  where(request: RequestLogEntry): boolean
  /** What is sent in place of `answer`; undefined leaves it alone, and does not count. */
  act(answer: Answer, request: RequestLogEntry): Answer | undefined
}

export interface FaultMoment {
  /** `any`: whatever is asked for. */
  readonly kind?: RequestKind | 'any'
  /** A tag or digest. */
  readonly reference?: string
  /** Only the nth request of its kind, repository and reference. */
  readonly nth?: number
  /** Only answers that would have this status. */
  readonly answered?: number
  readonly times?: number
}

type Act = Fault['act']

/** Strikes blobs unless told otherwise. */
const fault = (
  name: string,
  { kind = 'blob', reference, nth, answered, times = 1 }: FaultMoment,
  act: Act,
): Fault => ({
  name,
  times,
  where: (request) =>
    (kind === 'any' || request.kind === kind) &&
    (reference === undefined || request.reference === reference) &&
    (nth === undefined || request.nth === nth),
  act: (answer, request) =>
    answered === undefined || answer.status === answered ? act(answer, request) : undefined,
})

const breaking =
  (name: string, how: BreakOff['how']) =>
  (after: number, moment: FaultMoment = {}): Fault =>
    fault(name, moment, (answer) => ({ ...answer, breakOff: { after, how } }))

export const faults = {
  /** Another status, with a problem as registries word it. */
  status: (status: number, moment: FaultMoment = {}, headers: Answer['headers'] = {}): Fault =>
    fault('status', moment, () => problem(status, 'UNKNOWN', `the fault says ${status}`, headers)),

  /** Another answer altogether, which may be made of the one that would have been sent; undefined lets that pass. */
  answer: (other: Answer | Act, moment: FaultMoment = {}): Fault =>
    fault('answer', { times: Infinity, ...moment }, typeof other === 'function' ? other : () => other),

  /** Another body, with headers that go over the present ones. */
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

  /** Bytes in place of an HTTP message; `wire.ts` has such. */
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

  /** Another `WWW-Authenticate` with every refusal, or none. */
  challenge: (value: string | undefined, moment: FaultMoment = {}): Fault =>
    fault('challenge', { kind: 'any', times: Infinity, ...moment }, (answer) => {
      if (answer.headers['www-authenticate'] === undefined) return undefined
      const headers = without(answer.headers, 'www-authenticate')
      return {
        ...answer,
        headers: value === undefined ? headers : { ...headers, 'www-authenticate': value },
      }
    }),

  /** The answer is good, and its connection is dropped `after` milliseconds later. */
  dropIdle: (after: number, moment: FaultMoment = {}): Fault =>
    fault('drop-idle', { times: Infinity, ...moment }, (answer) => ({ ...answer, dropAfter: after })),

  /** The connection ends after `after` bytes of the body, though more were promised. */
  truncate: breaking('truncate', 'close'),
  /** The connection is reset after `after` bytes. */
  reset: breaking('reset', 'reset'),
  /** Nothing more comes after `after` bytes, and the connection stays. */
  stall: breaking('stall', 'stall'),

  /** The headers come late, by so many milliseconds. */
  slow: (delay: number, moment: FaultMoment = {}): Fault =>
    fault('slow', moment, (answer) => ({ ...answer, delay })),

  /** One byte of the body is another one; `at` counts from what is sent. */
  wrongByte: (at: number, moment: FaultMoment = {}): Fault =>
    fault('wrong-byte', moment, (answer) => {
      const body = Buffer.from(answer.body)
      body[at] = (body[at] ?? 0) ^ 0xff
      return { ...answer, body }
    }),

  /** A part is answered with the `Content-Range` of another, or with none where `value` is undefined. */
  contentRange: (value: string | undefined, moment: FaultMoment = {}): Fault =>
    fault('content-range', moment, (answer) => ({
      ...answer,
      headers: {
        ...without(answer.headers, 'content-range'),
        ...(value === undefined ? {} : { 'content-range': value }),
      },
    })),

  /** Ranges are not understood: the whole blob is sent. */
  noRange: (whole: (digest: string) => Buffer | undefined, moment: FaultMoment = {}): Fault =>
    fault('no-range', { times: Infinity, ...moment }, (answer, { reference }) => ({
      status: 200,
      headers: without(answer.headers, 'content-range', 'accept-ranges'),
      body: whole(reference) ?? answer.body,
    })),

  /** Off to another place. */
  redirect: (location: string, moment: FaultMoment = {}, status = 307): Fault =>
    fault('redirect', { times: Infinity, ...moment }, () => ({
      status,
      headers: { location },
      body: Buffer.alloc(0),
    })),

  /** A manifest with other bytes than its digest says: a blank more, so that it still parses. */
  wrongManifest: (moment: FaultMoment = {}): Fault =>
    fault('wrong-manifest', { kind: 'manifest', times: Infinity, ...moment }, (answer) => {
      const body = Buffer.concat([answer.body, Buffer.from(' ')])
      return { ...answer, body, headers: { ...answer.headers, 'docker-content-digest': digestOf(body) } }
    }),

  /** The body's length is not told beforehand. */
  chunked: (moment: FaultMoment = {}): Fault =>
    fault('chunked', { times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'transfer-encoding': 'chunked' },
    })),

  /** No `Content-Type`. */
  noContentType: (moment: FaultMoment = {}): Fault =>
    fault('no-content-type', { kind: 'manifest', times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: without(answer.headers, 'content-type'),
    })),

  /** A header more, or another value for it. */
  header: (name: string, value: string, moment: FaultMoment = {}): Fault =>
    fault('header', { times: Infinity, ...moment }, (answer) => ({
      ...answer,
      headers: { ...answer.headers, [name.toLowerCase()]: value },
    })),
}
