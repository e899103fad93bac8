/**
 * Defines the events of a pull or a copy and their codecs. Every display of a pull is computed from these events.
 * `--progress json` writes one event per line.
 */
import * as t from 'io-ts'
import { eventVersion } from './event-version.js'

export { eventVersion }

const start = t.intersection([
  t.type({
    type: t.literal('start'),
    /** Normalised name of the image. */
    reference: t.string,
    /** Requested platform: `os/arch[/variant]`, or `all`. */
    platform: t.string,
  }),
  /** Normalised name of the target of a copy. A pull has none. */
  t.partial({ target: t.string }),
])

const manifest = t.type({
  type: t.literal('manifest'),
  digest: t.string,
  mediaType: t.string,
  size: t.number,
  host: t.string,
  /** Source of the media type: the `Content-Type`, the `mediaType` of the body, or the shape of the body. */
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
  /**
   * `copy`: part of a copy; whether the target already has it is checked later. The other actions are those of a pull.
   */
  action: t.keyof({ exists: null, resume: null, download: null, copy: null }),
  /** Number of bytes that the store already has. */
  offset: t.number,
})

const plan = t.intersection([
  t.type({
    type: t.literal('plan'),
    /**
     * In a pull: in manifest order, base layer first; a digest that occurs twice in the manifest occurs twice in the
     * list. In a copy: all blobs, configs too, each digest once.
     */
    layers: t.array(plannedLayer),
    /** Compressed bytes of the distinct layers: of all of them, and of those still to download. */
    bytes: t.type({ total: t.number, toDownload: t.number }),
  }),
  /** False if layers are stored but not unpacked. */
  t.partial({ unpack: t.boolean }),
])

/**
 * Status of a layer, in order. Only `retrying` and `restart` lead back to an earlier status. `copying`, `copied` and
 * `mounted` (the target took the blob from another of its repositories) occur in copies only.
 */
export const layerStatuses = {
  waiting: null,
  downloading: null,
  copying: null,
  retrying: null,
  restart: null,
  verifying: null,
  downloaded: null,
  extracting: null,
  copied: null,
  mounted: null,
  complete: null,
  exists: null,
} as const

const layer = t.intersection([
  t.type({
    type: t.literal('layer'),
    digest: t.string,
    status: t.keyof(layerStatuses),
    /** Number of compressed bytes that have been fetched (while downloading or copying) or read (while extracting). */
    current: t.number,
    total: t.number,
  }),
  t.partial({
    host: t.string,
    /** Number of compressed bytes that unpacking has read. Set while the layer is still being downloaded. */
    unpacked: t.number,
    /**
     * With `retrying`: milliseconds until the next attempt, the reason, and the number of that attempt (2: first
     * retry).
     */
    retryIn: t.number,
    reason: t.string,
    attempt: t.number,
  }),
])

const warning = t.intersection([
  t.type({ type: t.literal('warning'), code: t.string, message: t.string }),
  /** `url`: a resource that could not be fetched. `status`: the HTTP status of the response, if there was one. */
  t.partial({ digest: t.string, url: t.string, status: t.number }),
])

/** The pull is paused: it transfers and unpacks nothing until `resumed`. */
const paused = t.type({ type: t.literal('paused') })

const resumed = t.type({ type: t.literal('resumed') })

const imageResult = t.type({
  name: t.string,
  /** Digest that the name refers to: of the index if the name refers to an index, otherwise of the manifest. */
  digest: t.string,
  mediaType: t.string,
  platform: t.string,
  /** Digest of the config. */
  imageId: t.string,
  /** Compressed bytes of all layers together. */
  size: t.number,
  layers: t.array(t.string),
  /** `up-to-date`: the store already had this image under this name; `newer`: otherwise. */
  status: t.keyof({ newer: null, 'up-to-date': null }),
})

const image = t.intersection([t.type({ type: t.literal('image') }), imageResult])

const copyResult = t.type({
  /** Normalised names of the source and of the target. */
  from: t.string,
  name: t.string,
  /** Digest of the manifest or index that was copied. */
  digest: t.string,
  mediaType: t.string,
  /** `up-to-date`: the target already had the whole copy under this name; `newer`: otherwise. */
  status: t.keyof({ newer: null, 'up-to-date': null }),
  /** Compressed bytes of all blobs of the copy, and of those that were sent. */
  bytes: t.type({ total: t.number, copied: t.number }),
  /** Number of blobs that were sent (`copied`), mounted from another repository, or already there (`exists`). */
  blobs: t.type({ copied: t.number, mounted: t.number, exists: t.number }),
})

const copied = t.intersection([t.type({ type: t.literal('copied') }), copyResult])

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
    /** Duration of the pull, in milliseconds. */
    duration: t.number,
  }),
])

const body = t.union([start, manifest, platform, plan, layer, warning, paused, resumed, image, copied, end])

/** An event without its envelope, as stages emit it. */
export type PullEventBody = t.TypeOf<typeof body>

const envelope = t.type({
  version: t.literal(eventVersion),
  /**
   * Id of the pull. Empty, with `seq` 0, in an event that belongs to no pull, such as a warning of the command itself.
   */
  pull: t.string,
  /** Number of the event in its pull, from 1. A late subscriber does not receive events that later ones replaced. */
  seq: t.number,
  /** Time of the event: ISO 8601, UTC. */
  time: t.string,
})

/** Codec of an event. */
export const PullEvent = t.intersection([envelope, body])
/** An event of a pull: a body with the version, the id of the pull, the sequence number and the time. */
export type PullEvent = t.TypeOf<typeof envelope> & PullEventBody

/** Status of a layer. */
export type LayerStatus = keyof typeof layerStatuses
/** An event about the progress of one layer. */
export type LayerEvent = t.TypeOf<typeof layer>
/** The image that a pull results in. */
export type ImageResult = t.TypeOf<typeof imageResult>
/** The result of a copy. */
export type CopyResult = t.TypeOf<typeof copyResult>
/** A layer in the plan of a pull: its size and what will be done with it. */
export type PlannedLayer = t.TypeOf<typeof plannedLayer>
