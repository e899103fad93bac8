/**
 * Defines the events of a pull or a copy and their codecs. Every display of a pull is computed from these events.
 * `--progress json` writes one event per line.
 */
import * as t from 'io-ts'
import { eventVersion } from './event-version.js'

export { eventVersion }

/** The first event: what is pulled or copied. */
const start = t.intersection([
  t.type({
    type: t.literal('start'),
    /** Normalised name of the image. */
    reference: t.string,
    /** Requested platform: `os/arch[/variant]`, or `all`. */
    platform: t.string,
  }),
  t.partial({
    /** Normalised name of the target of a copy. A pull has none. */
    target: t.string,
  }),
])

const statedLimit = t.intersection([
  t.type({
    /** Number of requests that are left. */
    remaining: t.number,
  }),
  t.partial({
    /** Number of requests in a window. */
    limit: t.number,
    /** Length of the window, in seconds. */
    window: t.number,
    /** Seconds until more requests are allowed. */
    reset: t.number,
  }),
])

/** A manifest, or an index, was found and verified. */
const manifest = t.intersection([
  t.type({
    type: t.literal('manifest'),
    /** Digest of its bytes. */
    digest: t.string,
    /** Media type by which it was parsed. */
    mediaType: t.string,
    /** Number of its bytes. */
    size: t.number,
    /** Host that sent it; the store, if it was stored. */
    host: t.string,
    /** Source of the media type: the `Content-Type`, the `mediaType` of the body, or the shape of the body. */
    decidedBy: t.keyof({ 'content-type': null, 'media-type': null, shape: null }),
  }),
  t.partial({
    /** Whether the host is a mirror of the registry. */
    mirror: t.boolean,
    /** How many requests the registry still allows, if it says so. */
    rateLimit: statedLimit,
  }),
])

/** A manifest was chosen from an index. */
const platform = t.type({
  type: t.literal('platform'),
  /** Platform of the chosen manifest. */
  chosen: t.string,
  /** Digest of the chosen manifest. */
  digest: t.string,
  /** Platforms of the other manifests of the index. */
  rejected: t.array(t.string),
})

const plannedLayer = t.type({
  /** Digest of the compressed layer. */
  digest: t.string,
  /** Number of its compressed bytes. */
  size: t.number,
  /**
   * What is done with the layer. `exists`: nothing, the store has it. `resume`: its download continues at `offset`.
   * `download`: it is downloaded from the first byte. `copy`: it is part of a copy, which checks later whether the target has it.
   */
  action: t.keyof({ exists: null, resume: null, download: null, copy: null }),
  /** Number of compressed bytes that the store already has. */
  offset: t.number,
})

/** What will be fetched. From here on the totals are known. */
const plan = t.intersection([
  t.type({
    type: t.literal('plan'),
    /**
     * In a pull: in manifest order, base layer first; a digest that occurs twice in the manifest occurs twice in the
     * list. In a copy: all blobs, configs too, each digest once.
     */
    layers: t.array(plannedLayer),
    /** Bytes of the distinct layers. */
    bytes: t.type({
      /** Compressed bytes of all layers. */
      total: t.number,
      /** Compressed bytes that are still to be downloaded. */
      toDownload: t.number,
    }),
  }),
  t.partial({
    /** False if layers are stored but not unpacked. */
    unpack: t.boolean,
  }),
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

/** A layer entered a status, or progressed in it: byte counts are reported at most every 100 ms. */
const layer = t.intersection([
  t.type({
    type: t.literal('layer'),
    /** Digest of the compressed layer. */
    digest: t.string,
    /** What happens to the layer. */
    status: t.keyof(layerStatuses),
    /** Number of compressed bytes that have been fetched (while downloading or copying) or read (while extracting). */
    current: t.number,
    /** Number of compressed bytes of the layer. */
    total: t.number,
  }),
  t.partial({
    /** Host that the layer is fetched from, while it is. */
    host: t.string,
    /** Number of compressed bytes that unpacking has read. Set while the layer is still being downloaded. */
    unpacked: t.number,
    /** With `retrying`: milliseconds until the next attempt. */
    retryIn: t.number,
    /** With `retrying`: why the last attempt ended. */
    reason: t.string,
    /** With `retrying`: number of the next attempt (2: first retry). */
    attempt: t.number,
  }),
])

/** An HTTP request of the pull has ended. Only with the option `requestEvents`. */
const request = t.intersection([
  t.type({
    type: t.literal('request'),
    /** `GET` or another method of HTTP. */
    method: t.string,
    /** Without user info, query and fragment. */
    url: t.string,
    /** What the host is: see `HostRole`. */
    role: t.keyof({ registry: null, 'token-server': null, storage: null, foreign: null }),
    /** Milliseconds from the start to the end, which is the time of the event. */
    duration: t.number,
    /** Number of bytes of the body of the response. */
    received: t.number,
  }),
  t.partial({
    /** Digest of the requested content, if it is known. That of a layer: the request downloaded a part of it. */
    digest: t.string,
    /** Status of the response, if there was one. */
    status: t.number,
    /** Code of the failure of the request. */
    error: t.string,
  }),
])

/** Something that a user should know although the pull goes on. */
const warning = t.intersection([
  t.type({
    type: t.literal('warning'),
    /** Kind of the warning, for programs. */
    code: t.string,
    /** The warning, for people. */
    message: t.string,
  }),
  t.partial({
    /** What the warning is about. */
    digest: t.string,
    /** Address of a resource that could not be fetched. */
    url: t.string,
    /** HTTP status of the response, if there was one. */
    status: t.number,
  }),
])

/** The pull is paused: it transfers and unpacks nothing until `resumed`. */
const paused = t.type({ type: t.literal('paused') })

/** The pull goes on after a pause. */
const resumed = t.type({ type: t.literal('resumed') })

const imageResult = t.type({
  /** Normalised name of the image. */
  name: t.string,
  /** Digest that the name refers to: of the index if the name refers to an index, otherwise of the manifest. */
  digest: t.string,
  /** Media type of what the name refers to. */
  mediaType: t.string,
  /** Platform of the image: `os/arch[/variant]`. */
  platform: t.string,
  /** Digest of the config. */
  imageId: t.string,
  /** Compressed bytes of all layers together. */
  size: t.number,
  /** Digests of the compressed layers, base layer first. */
  layers: t.array(t.string),
  /** `up-to-date`: the store already had this image under this name; `newer`: otherwise. */
  status: t.keyof({ newer: null, 'up-to-date': null }),
})

/** The image is committed: the store has everything, and the name refers to it. */
const image = t.intersection([t.type({ type: t.literal('image') }), imageResult])

const copyResult = t.type({
  /** Normalised name of the source. */
  from: t.string,
  /** Normalised name of the target. */
  name: t.string,
  /** Digest of the manifest or index that was copied. */
  digest: t.string,
  /** Media type of the manifest or index. */
  mediaType: t.string,
  /** `up-to-date`: the target already had the whole copy under this name; `newer`: otherwise. */
  status: t.keyof({ newer: null, 'up-to-date': null }),
  /** Bytes of the blobs. */
  bytes: t.type({
    /** Bytes of all blobs of the copy. */
    total: t.number,
    /** Bytes that were sent. */
    copied: t.number,
  }),
  /** Numbers of blobs. */
  blobs: t.type({
    /** Blobs that were sent. */
    copied: t.number,
    /** Blobs that the target took from another of its repositories. */
    mounted: t.number,
    /** Blobs that the target already had. */
    exists: t.number,
  }),
})

/** The copy is complete: the target has everything, and the name refers to it. */
const copied = t.intersection([t.type({ type: t.literal('copied') }), copyResult])

const errorRecord = t.intersection([
  t.type({
    /** Code of the error, for programs. */
    code: t.string,
    /** What was being done, and what went wrong. */
    message: t.string,
    /** Whether the same pull may succeed later. */
    retryable: t.boolean,
  }),
  t.partial({
    /** What to do next. */
    hint: t.string,
    /** Image that the error is about. */
    reference: t.string,
    /** Host that the error is about. */
    host: t.string,
    /** Manifest, config or layer that the error is about. */
    digest: t.string,
    /** File that the error is about. */
    path: t.string,
    /** Address of the failed request. */
    url: t.string,
    /** HTTP status of the response. */
    status: t.number,
  }),
])

/** The last event: how the pull or copy ended. */
const end = t.intersection([
  t.type({
    type: t.literal('end'),
    /** How it ended. */
    outcome: t.keyof({ done: null, failed: null, cancelled: null }),
  }),
  t.partial({
    /** Why it failed or was cancelled. */
    error: errorRecord,
    /** Duration, in milliseconds. */
    duration: t.number,
  }),
])

const body = t.union([
  start,
  manifest,
  platform,
  plan,
  layer,
  request,
  warning,
  paused,
  resumed,
  image,
  copied,
  end,
])

/** An event without its envelope, as stages emit it. */
export type PullEventBody = t.TypeOf<typeof body>

const envelope = t.type({
  /** Version of the format. */
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
/** An event about an HTTP request that has ended. */
export type RequestEvent = t.TypeOf<typeof request>
/** The image that a pull results in. */
export type ImageResult = t.TypeOf<typeof imageResult>
/** The result of a copy. */
export type CopyResult = t.TypeOf<typeof copyResult>
/** A layer in the plan of a pull: its size and what will be done with it. */
export type PlannedLayer = t.TypeOf<typeof plannedLayer>
