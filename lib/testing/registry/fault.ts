/**
 * Things that go wrong on the way to a client, by name, each at a moment that a test can say. A fault takes the answer
 * that would have been sent and gives another.
 */
import { digestOf } from '../../image/digest.js'
import { problem, type Answer, type BreakOff } from './answer.js'
import type { RequestKind, RequestLogEntry } from './request-log.js'

export interface Fault {
  readonly name: string
  /** How often it strikes (1); after that the registry is well again. */
  readonly times?: number
  where(request: RequestLogEntry): boolean
  act(answer: Answer, request: RequestLogEntry): Answer
}

export interface FaultMoment {
  readonly kind?: RequestKind
  /** A tag or digest. */
  readonly reference?: string
  /** Only the nth request of its kind, repository and reference. */
  readonly nth?: number
  readonly times?: number
}

type Act = Fault['act']

/** Strikes blobs unless told otherwise. */
const fault = (name: string, { kind = 'blob', reference, nth, times = 1 }: FaultMoment, act: Act): Fault => ({
  name,
  times,
  where: (request) =>
    request.kind === kind &&
    (reference === undefined || request.reference === reference) &&
    (nth === undefined || request.nth === nth),
  act,
})

const breaking =
  (name: string, how: BreakOff['how']) =>
  (after: number, moment: FaultMoment = {}): Fault =>
    fault(name, moment, (answer) => ({ ...answer, breakOff: { after, how } }))

const without = (headers: Answer['headers'], ...names: readonly string[]): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))

export const faults = {
  /** Another status, with a problem as registries word it. */
  status: (status: number, moment: FaultMoment = {}, headers: Answer['headers'] = {}): Fault =>
    fault('status', moment, () => problem(status, 'UNKNOWN', `the fault says ${status}`, headers)),

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

/** The faults of one registry, each counted. */
export class FaultPlan {
  readonly #left = new Map<Fault, number>()
  /** Names of those that struck, in order. */
  readonly struck: string[] = []

  constructor(planned: readonly Fault[] = []) {
    for (const each of planned) this.add(each)
  }

  add(each: Fault): void {
    this.#left.set(each, each.times ?? 1)
  }

  apply(answer: Answer, request: RequestLogEntry): Answer {
    let result = answer
    for (const [each, left] of this.#left) {
      if (left <= 0 || !each.where(request)) continue
      this.#left.set(each, left - 1)
      this.struck.push(each.name)
      result = each.act(result, request)
    }
    return result
  }
}
