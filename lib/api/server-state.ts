/** The state of a server as a watcher sees it, computed from the messages of the server. */
import { emptySnapshot, reduce } from '../events/snapshot.js'
import type { PullEvent } from '../events/event.js'
import type { PullSnapshot } from '../events/snapshot-state.js'
import { type Lanes, noLanes, reduceLanes } from './lanes.js'
import type { ServerMessage } from './messages.js'
import type { LineSample, PullRecord, PullSample, ServerInfo, ServerLimits, TaskRecord } from './shapes.js'
import { type Slots, assignSlots, holdsDownload, holdsUnpack, noSlots } from './slots.js'

/** Number of samples of a pull, and of the server, that are kept: older ones are thinned out. */
export const maxSamples = 600

/** One pull as a watcher sees it. */
export interface PullState {
  readonly record: PullRecord
  readonly snapshot: PullSnapshot
  readonly lanes: Lanes
  readonly samples: readonly PullSample[]
}

/** State of a server. */
export interface ServerState {
  /** Undefined until the first message. */
  readonly server?: ServerInfo
  readonly limits?: ServerLimits
  /** In the order of their start. */
  readonly pulls: readonly PullState[]
  readonly slots: Slots
  readonly samples: readonly LineSample[]
  readonly tasks: readonly TaskRecord[]
  /** Number of times that the images of the store changed since the first message. */
  readonly imageChanges: number
}

/** The state before the first message. */
export const emptyServerState: ServerState = {
  pulls: [],
  slots: noSlots,
  samples: [],
  tasks: [],
  imageChanges: 0,
}

/** Returns the state after `message`. Pure. Messages about an unknown pull are ignored. */
export function reduceServer(state: ServerState, message: ServerMessage): ServerState {
  switch (message.type) {
    case 'state': {
      const { server, limits, samples, tasks } = message
      const pulls = message.pulls.map(({ events, samples: own, ...record }) =>
        events.reduce(withEvent, { record, snapshot: emptySnapshot, lanes: noLanes, samples: own }),
      )
      const imageChanges = state.imageChanges + 1
      return {
        server,
        limits,
        pulls,
        samples,
        tasks,
        imageChanges,
        slots: slotsOf({ slots: state.slots, limits }, pulls),
      }
    }
    case 'pull': {
      const { pull } = message
      const isKnown = state.pulls.some(({ record }) => record.id === pull.id)
      const pulls = isKnown
        ? changed(state.pulls, pull.id, (each) => ({ ...each, record: pull }))
        : [...state.pulls, { record: pull, snapshot: emptySnapshot, lanes: noLanes, samples: [] }]
      return { ...state, pulls, slots: slotsOf(state, pulls) }
    }
    case 'removed':
      return { ...state, pulls: state.pulls.filter(({ record }) => record.id !== message.id) }
    case 'event': {
      const { event } = message
      const pulls = changed(state.pulls, event.pull, (each) => withEvent(each, event))
      const isSame = event.type === 'layer' && holdsOf(state.pulls, event) === holdsOf(pulls, event)
      return { ...state, pulls, slots: isSame ? state.slots : slotsOf(state, pulls) }
    }
    case 'progress': {
      const pulls = state.pulls.map((each) => {
        const progress = message.pulls[each.record.id]
        return progress ? { ...each, record: { ...each.record, progress } } : each
      })
      return { ...state, pulls }
    }
    case 'sample': {
      const pulls = state.pulls.map((each) => {
        const sample = message.pulls[each.record.id]
        return sample ? { ...each, samples: addSample(each.samples, sample) } : each
      })
      return { ...state, pulls, samples: addSample(state.samples, message.line) }
    }
    case 'limits':
      return { ...state, limits: message.limits }
    case 'images':
      return { ...state, imageChanges: state.imageChanges + 1 }
    case 'task': {
      const { task } = message
      const others = state.tasks.filter(({ id }) => id !== task.id)
      return { ...state, tasks: [...others, task] }
    }
  }
}

/** Appends a sample. When there are `maxSamples`, every other one of the older half is dropped. */
export function addSample<T extends PullSample>(samples: readonly T[], sample: T): readonly T[] {
  if (samples.length < maxSamples) return [...samples, sample]
  const half = Math.floor(samples.length / 2)
  return [...samples.slice(0, half).filter((_, index) => index % 2 === 0), ...samples.slice(half), sample]
}

const withEvent = (pull: PullState, event: PullEvent): PullState => ({
  ...pull,
  snapshot: reduce(pull.snapshot, event),
  lanes: reduceLanes(pull.lanes, event),
})

const changed = (
  pulls: readonly PullState[],
  id: string,
  change: (pull: PullState) => PullState,
): readonly PullState[] => pulls.map((each) => (each.record.id === id ? change(each) : each))

const slotsOf = (
  { slots, limits }: Pick<ServerState, 'slots' | 'limits'>,
  pulls: readonly PullState[],
): Slots =>
  assignSlots(
    slots,
    pulls.map(({ record, snapshot }) => [record.id, snapshot]),
    limits,
  )

/** Which slots the layer of an event holds. Most events are about bytes only, and leave the slots as they are. */
function holdsOf(
  pulls: readonly PullState[],
  { pull, digest }: { readonly pull: string; readonly digest: string },
): string {
  const layer = pulls
    .find(({ record }) => record.id === pull)
    ?.snapshot.layers.find((each) => each.digest === digest)
  return layer ? `${holdsDownload(layer)} ${holdsUnpack(layer)}` : ''
}
