/**
 * Codecs of the API of `windlass serve` (`/api/v1`): what a client sends and receives. The server, the client and the OpenAPI
 * document use the same codecs. Times are milliseconds since 1970 on the clock of the server, rates are bytes per second.
 */
import * as t from 'io-ts'
import { PullEvent } from '../events/event.js'

/** Version of the API, which is part of every path. */
export const apiVersion = 'v1'

/** A request to pull an image. */
export const PullOrder = t.intersection([
  /** Name of the image, as for `windlass pull`. */
  t.type({ image: t.string }),
  t.partial({
    /** `os/arch[/variant]` (that of the server's machine). */
    platform: t.string,
    /** See `Pull.priority`. */
    priority: t.number,
    /** False: store the layers as blobs, do not unpack them. */
    unpack: t.boolean,
    /** Fetch and unpack everything again. */
    refresh: t.boolean,
  }),
])
export type PullOrder = t.TypeOf<typeof PullOrder>

/** A change of a running pull. */
export const PullChange = t.partial({ paused: t.boolean, priority: t.number })
export type PullChange = t.TypeOf<typeof PullChange>

/** The limits of the server. Null: no limit on the rate. */
export const ServerLimits = t.type({
  maxDownloads: t.number,
  maxUnpacks: t.number,
  bytesPerSecond: t.union([t.number, t.null]),
  /** Whether the server finds `maxDownloads` itself. */
  isAuto: t.boolean,
})
export type ServerLimits = t.TypeOf<typeof ServerLimits>

/** A change of the limits. */
export const LimitChange = t.partial({
  maxDownloads: t.number,
  maxUnpacks: t.number,
  bytesPerSecond: t.union([t.number, t.null]),
})
export type LimitChange = t.TypeOf<typeof LimitChange>

/**
 * What holds the line up: `network`, `unpacking`, `limit` (the rate that the user set), `registry` (it asks to wait), or
 * null if nothing does.
 */
export const Holder = t.union([
  t.keyof({ network: null, unpacking: null, limit: null, registry: null }),
  t.null,
])
export type Holder = t.TypeOf<typeof Holder>

/** A sample of one pull: time, bytes per second downloaded and unpacked, and what held it. */
export const PullSample = t.type({ at: t.number, network: t.number, disk: t.number, holder: Holder })
export type PullSample = t.TypeOf<typeof PullSample>

/** A sample of the whole server. */
export const LineSample = t.intersection([
  PullSample,
  t.type({
    /** Free bytes of the file system of the store; null if unknown. */
    freeBytes: t.union([t.number, t.null]),
    /** Host that asks to wait, or that most downloads come from; null if there is none. */
    host: t.union([t.string, t.null]),
  }),
])
export type LineSample = t.TypeOf<typeof LineSample>

/** How far a pull is. */
export const PullProgress = t.type({
  /** Part of the work that is done, from 0 to 1. Never falls; 1 when the pull is done and not before. */
  fraction: t.number,
  /** Null if not known. */
  secondsLeft: t.union([t.number, t.null]),
  /** Compressed bytes: fetched, and of the whole image. Null before the plan is known. */
  fetched: t.union([t.number, t.null]),
  total: t.union([t.number, t.null]),
  /** Compressed bytes that unpacking has read. */
  unpacked: t.union([t.number, t.null]),
})
export type PullProgress = t.TypeOf<typeof PullProgress>

/** State of a pull. `interrupted`: the server ended during the pull; it resumes if asked to. */
export const pullStates = {
  running: null,
  paused: null,
  done: null,
  failed: null,
  cancelled: null,
  interrupted: null,
} as const

/** One pull of the server. */
export const PullRecord = t.intersection([
  t.type({
    /** Id of the pull. Its events carry it. */
    id: t.string,
    order: PullOrder,
    state: t.keyof(pullStates),
    priority: t.number,
    startedAt: t.number,
    progress: PullProgress,
  }),
  t.partial({
    endedAt: t.number,
    /** Id of the pull that this one resumes. */
    resumes: t.string,
  }),
])
export type PullRecord = t.TypeOf<typeof PullRecord>

/** A pull with what a late watcher needs: the events that rebuild its state and its lanes, and its samples. */
export const WatchedPull = t.intersection([
  PullRecord,
  t.type({ events: t.array(PullEvent), samples: t.array(PullSample) }),
])
export type WatchedPull = t.TypeOf<typeof WatchedPull>

/** A pull that has ended, as the history keeps it. */
export const PastPull = t.intersection([
  t.type({
    id: t.string,
    order: PullOrder,
    state: t.keyof(pullStates),
    startedAt: t.number,
    endedAt: t.number,
    /** Compressed bytes of the image, and of those that were fetched. */
    size: t.union([t.number, t.null]),
    fetched: t.union([t.number, t.null]),
    /** Milliseconds during which each part held the pull. */
    held: t.type({ network: t.number, unpacking: t.number, limit: t.number, registry: t.number }),
  }),
  t.partial({
    name: t.string,
    platform: t.string,
    digest: t.string,
    upToDate: t.boolean,
    error: t.intersection([t.type({ code: t.string, message: t.string }), t.partial({ hint: t.string })]),
  }),
])
export type PastPull = t.TypeOf<typeof PastPull>

/** Facts about the server that do not change while it runs. */
export const ServerInfo = t.type({
  /** Version of Windlass. */
  version: t.string,
  /** Identifies this run of the server. */
  run: t.string,
  startedAt: t.number,
  store: t.string,
  platform: t.string,
  processors: t.number,
  /** Maximum number of attempts at one download. */
  retries: t.number,
  /** Number of past pulls that the history keeps. */
  historySize: t.number,
})
export type ServerInfo = t.TypeOf<typeof ServerInfo>

/** A layer of an image in the store. */
export const StoredLayer = t.type({ digest: t.string, size: t.number })

/** An image in the store. */
export const StoredImage = t.intersection([
  t.type({
    /** Key that identifies the image; `name` if it has one. */
    entry: t.string,
    /** Base layer first. */
    layers: t.array(StoredLayer),
    /** Compressed bytes that only this image needs. */
    onlyHere: t.number,
    /** Ids of running pulls of this image. */
    usedBy: t.array(t.string),
  }),
  t.partial({
    name: t.string,
    digest: t.string,
    imageId: t.string,
    platform: t.string,
    mediaType: t.string,
    size: t.number,
    /** When the image was used last (pulled, unpacked, mounted, read, served), or was stored. */
    lastUsedAt: t.number,
    problem: t.type({ kind: t.string, why: t.string }),
  }),
])
export type StoredImage = t.TypeOf<typeof StoredImage>

/** The images of the store, and what they share. */
export const StoredImages = t.type({
  images: t.array(StoredImage),
  /** Compressed bytes of all images, each digest once, and what they would take without sharing. */
  size: t.number,
  sizeUnshared: t.number,
  /** Bytes that no image needs. */
  unneeded: t.number,
})
export type StoredImages = t.TypeOf<typeof StoredImages>

/** A file of an image, as a container sees it. */
export const StoredFile = t.intersection([
  t.type({
    path: t.string,
    type: t.string,
    size: t.number,
    mode: t.number,
    /** Number of the layer that the file comes from: 1 is the base. */
    layer: t.number,
  }),
  t.partial({ target: t.string }),
])
export type StoredFile = t.TypeOf<typeof StoredFile>

/** A part of the files of an image. */
export const StoredFiles = t.type({
  files: t.array(StoredFile),
  /** Whether there are more than are listed. */
  isCut: t.boolean,
})
export type StoredFiles = t.TypeOf<typeof StoredFiles>

/** An operation on the store that takes a while. */
export const TaskRecord = t.intersection([
  t.type({
    id: t.string,
    kind: t.keyof({ collect: null, verify: null }),
    state: t.keyof({ running: null, done: null, failed: null }),
    startedAt: t.number,
  }),
  t.partial({
    endedAt: t.number,
    /** Items handled so far, of all; bytes freed or read. */
    done: t.number,
    total: t.number,
    bytes: t.number,
    /** Problems that `verify` found, as sentences. */
    problems: t.array(t.string),
    error: t.type({ code: t.string, message: t.string }),
  }),
])
export type TaskRecord = t.TypeOf<typeof TaskRecord>

/** A request to start an operation on the store. */
export const TaskOrder = t.type({ kind: t.keyof({ collect: null, verify: null }) })
export type TaskOrder = t.TypeOf<typeof TaskOrder>

/** A name that was removed, and the digest that it pointed at, if it had a valid one. */
export const RemovedName = t.intersection([t.type({ name: t.string }), t.partial({ digest: t.string })])
export type RemovedName = t.TypeOf<typeof RemovedName>

/** Body of every response that is an error. */
export const ApiFailure = t.type({
  error: t.intersection([t.type({ code: t.string, message: t.string }), t.partial({ hint: t.string })]),
})
export type ApiFailure = t.TypeOf<typeof ApiFailure>
