/**
 * Codec of the messages that a watcher of the server receives (`/api/v1/events`, server-sent events). The first message of a new
 * watcher is `state`; the others change that state. A watcher that reads too slowly, or that returns after messages were
 * dropped, receives `state` again.
 */
import * as t from 'io-ts'
import { PullEvent } from '../events/event.js'
import {
  LineSample,
  PullProgress,
  PullRecord,
  PullSample,
  ServerInfo,
  ServerLimits,
  TaskRecord,
  WatchedPull,
} from './shapes.js'

/** The whole state. It replaces what the watcher knew. */
const state = t.type({
  type: t.literal('state'),
  at: t.number,
  server: ServerInfo,
  limits: ServerLimits,
  pulls: t.array(WatchedPull),
  samples: t.array(LineSample),
  tasks: t.array(TaskRecord),
})

/** A pull was started, or its state or priority changed. */
const pull = t.type({ type: t.literal('pull'), at: t.number, pull: PullRecord })

/** A pull is not listed any more; the history keeps it. */
const removed = t.type({ type: t.literal('removed'), at: t.number, id: t.string })

/** An event of a pull. */
const event = t.type({ type: t.literal('event'), event: PullEvent })

/** How far the running pulls are, at most four times a second. */
const progress = t.type({
  type: t.literal('progress'),
  at: t.number,
  pulls: t.record(t.string, PullProgress),
})

/** Rates of the last second, of the server and of its running pulls. */
const sample = t.type({
  type: t.literal('sample'),
  line: LineSample,
  pulls: t.record(t.string, PullSample),
})

const limits = t.type({ type: t.literal('limits'), at: t.number, limits: ServerLimits })

/** The images of the store have changed. */
const images = t.type({ type: t.literal('images'), at: t.number })

const task = t.type({ type: t.literal('task'), at: t.number, task: TaskRecord })

/** Codec of a message. */
export const ServerMessage = t.union([state, pull, removed, event, progress, sample, limits, images, task])
/** A message that a watcher of the server receives. */
export type ServerMessage = t.TypeOf<typeof ServerMessage>
/** The first message of a new watcher. */
export type StateMessage = t.TypeOf<typeof state>
