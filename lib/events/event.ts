/**
 * What can happen during a pull, as one tagged union with its codecs: one JSON object a line on the wire.
 * Everything that shows a pull (terminal, lines, JSON, a page, a benchmark) reads these and nothing else.
 */
import * as t from 'io-ts'
import { eventVersion } from './event-version.js'

export { eventVersion }

const start = t.type({
  type: t.literal('start'),
  /** The normalised name. */
  reference: t.string,
  /** `os/arch[/variant]` that was asked for. */
  platform: t.string,
})

const manifest = t.type({
  type: t.literal('manifest'),
  digest: t.string,
  mediaType: t.string,
  size: t.number,
  host: t.string,
  /** What said which type it is: the `Content-Type`, the body's `mediaType`, or the body's shape. */
  decidedBy: t.keyof({ 'content-type': null, 'media-type': null, shape: null }),
})

const platform = t.type({
  type: t.literal('platform'),
  chosen: t.string,
  digest: t.string,
  rejected: t.array(t.string),
})

const plannedLayer = t.type({
  digest: t.string,
  size: t.number,
  action: t.keyof({ exists: null, resume: null, download: null }),
  /** Bytes that are here already. */
  offset: t.number,
})

const plan = t.type({
  type: t.literal('plan'),
  /** In manifest order, base first; a digest that stands twice is listed twice. */
  layers: t.array(plannedLayer),
  /** Compressed bytes over the distinct digests: of the image, and of them still to fetch. */
  bytes: t.type({ total: t.number, toDownload: t.number }),
})

/** What a layer is doing. It moves down this list; only `retrying` and a `restart` go back. */
export const layerStatuses = {
  waiting: null,
  downloading: null,
  retrying: null,
  restart: null,
  verifying: null,
  downloaded: null,
  extracting: null,
  complete: null,
  exists: null,
} as const

const layer = t.intersection([
  t.type({
    type: t.literal('layer'),
    digest: t.string,
    status: t.keyof(layerStatuses),
    /** Compressed bytes: fetched so far while downloading, read so far while extracting. */
    current: t.number,
    total: t.number,
  }),
  t.partial({
    host: t.string,
    /** With `retrying`: milliseconds until the next attempt, why, and which attempt that is (2 is the first retry). */
    retryIn: t.number,
    reason: t.string,
    attempt: t.number,
  }),
])

const warning = t.intersection([
  t.type({ type: t.literal('warning'), code: t.string, message: t.string }),
  /** `url` and `status`: of what could not be fetched, and how it answered, if it did. */
  t.partial({ digest: t.string, url: t.string, status: t.number }),
])

const imageResult = t.type({
  name: t.string,
  /** Digest of what the name points at: the index's, if the name is an index. */
  digest: t.string,
  mediaType: t.string,
  platform: t.string,
  /** Digest of the config. */
  imageId: t.string,
  /** Compressed bytes of all layers. */
  size: t.number,
  layers: t.array(t.string),
  /** `newer`: something came that was not here; `up-to-date`: the store had it all under this name. */
  status: t.keyof({ newer: null, 'up-to-date': null }),
})

const image = t.intersection([t.type({ type: t.literal('image') }), imageResult])

const errorRecord = t.intersection([
  t.type({ code: t.string, message: t.string, retryable: t.boolean }),
  t.partial({
    hint: t.string,
    reference: t.string,
    host: t.string,
    digest: t.string,
    path: t.string,
    url: t.string,
    status: t.number,
  }),
])

const end = t.intersection([
  t.type({ type: t.literal('end'), outcome: t.keyof({ done: null, failed: null, cancelled: null }) }),
  t.partial({
    error: errorRecord,
    /** Milliseconds since the start. */
    duration: t.number,
  }),
])

const body = t.union([start, manifest, platform, plan, layer, warning, image, end])

/** What a stage emits: an event before the channel numbers and dates it. */
export type PullEventBody = t.TypeOf<typeof body>

const envelope = t.type({
  version: t.literal(eventVersion),
  /** Counts from 1, without gaps, in each pull. */
  seq: t.number,
  /** ISO 8601, UTC. */
  time: t.string,
})

export const PullEvent = t.intersection([envelope, body])
export type PullEvent = t.TypeOf<typeof envelope> & PullEventBody

export type LayerStatus = keyof typeof layerStatuses
export type LayerEvent = t.TypeOf<typeof layer>
export type ImageResult = t.TypeOf<typeof imageResult>
export type PlannedLayer = t.TypeOf<typeof plannedLayer>
