/**
 * The events of a pull: their types, log and JSON form, and what is computed from them: the state of the pull and the
 * time left. Imports no module of Node, so that a browser can display a pull.
 *
 * @module windlass/events
 */
export {
  type ErrorCode,
  type ErrorRecord,
  type ErrorSubject,
  type FaultySide,
  WindlassError,
} from '../errors.js'
export { byteEventInterval, PullEventLog, listenerFailed } from './pull-event-log.js'
export {
  eventVersion,
  layerStatuses,
  PullEvent,
  type CopyResult,
  type ImageResult,
  type LayerEvent,
  type LayerStatus,
  type PlannedLayer,
  type PullEventBody,
  type RequestEvent,
} from './event.js'
export { decodeEvent, encodeEvent } from './lines.js'
export { Replay } from './replay.js'
export { emptySnapshot, reduce } from './snapshot.js'
export type {
  LayerRetry,
  LayerSnapshot,
  MeasuredRate,
  PullPace,
  PullPhase,
  PullSnapshot,
  PullTotals,
} from './snapshot-state.js'
export { secondsLeft } from './seconds-left.js'
export { toPullEvent } from './to-pull-event.js'
