/**
 * A typed client of `windlass serve`, with the codecs of its API and the state that a watcher keeps. Imports nothing of Node, so that it
 * runs in browsers.
 *
 * @module windlass/client
 */
export { type ClientOptions, type Connection, type WatchOptions, WindlassClient } from './client.js'
export { type Lane, type Lanes, type LaneSpan, type LaneStage, noLanes, reduceLanes } from './lanes.js'
export { ServerMessage, type StateMessage } from './messages.js'
export {
  type PullState,
  type ServerState,
  addSample,
  emptyServerState,
  maxSamples,
  reduceServer,
} from './server-state.js'
export {
  ApiFailure,
  Holder,
  LimitChange,
  LineSample,
  PastPull,
  PullChange,
  PullOrder,
  PullProgress,
  PullRecord,
  PullSample,
  RemovedName,
  ServerInfo,
  ServerLimits,
  StoredFile,
  StoredFiles,
  StoredImage,
  StoredImages,
  StoredLayer,
  TaskOrder,
  TaskRecord,
  WatchedPull,
  apiVersion,
  pullStates,
} from './shapes.js'
export { type SlotHolder, type Slots, assignSlots, noSlots } from './slots.js'
