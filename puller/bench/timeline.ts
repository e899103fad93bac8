/** Computes the timeline of the layers from the events of a pull. */
import type { PullEvent } from '../../lib/events/index.js'

/** A period that a layer spent in one stage. Times are in milliseconds since the start of the pull. */
export interface Span {
  /** Digest of the layer. */
  readonly layer: string
  readonly stage: TimelineStage
  readonly from: number
  readonly to: number
}

/**
 * `slot`: the layer waits for its download to begin: for a slot, or for its turn among the layers in progress. `download`: it is downloaded, and unpacked at the same time. `retry`: it
 * waits for another attempt. `unpack`: it is downloaded, but not completely unpacked.
 */
export type TimelineStage = 'slot' | 'download' | 'retry' | 'unpack'

/** The periods that the layers of one pull spent in each stage. */
export interface Timeline {
  readonly spans: readonly Span[]
  /** Milliseconds until the plan was known. */
  readonly plan: number
  /** Duration of the pull in milliseconds. */
  readonly end: number
  /** Total time of all layers in each stage, in milliseconds. */
  readonly waited: Readonly<Record<TimelineStage, number>>
}

/** The stage of each layer status. In all other states, the layer is finished. */
const stageOf: Partial<Record<string, TimelineStage>> = {
  waiting: 'slot',
  downloading: 'download',
  restart: 'download',
  retrying: 'retry',
  verifying: 'unpack',
  downloaded: 'unpack',
  extracting: 'unpack',
}

/** Returns the timeline of the pull with these events. @throws Error when there are no events */
export function timelineOf(events: readonly PullEvent[]): Timeline {
  const [first, last] = [events[0], events.at(-1)]
  if (!first || !last) throw new Error('The pull has no events')
  const start = Date.parse(first.time)
  const spans: Span[] = []
  const open = new Map<string, { stage: TimelineStage; from: number }>()
  const enter = (layer: string, stage: TimelineStage | undefined, at: number): void => {
    const before = open.get(layer)
    if (before?.stage === stage) return
    if (before) spans.push({ layer, stage: before.stage, from: before.from, to: at })
    if (stage) open.set(layer, { stage, from: at })
    else open.delete(layer)
  }
  let plan = 0
  for (const event of events) {
    const at = Date.parse(event.time) - start
    if (event.type === 'plan') {
      plan = at
      for (const { digest, action } of event.layers) if (action !== 'exists') enter(digest, 'slot', at)
    } else if (event.type === 'layer') enter(event.digest, stageOf[event.status], at)
  }
  const waited: Record<TimelineStage, number> = { slot: 0, download: 0, retry: 0, unpack: 0 }
  for (const { stage, from, to } of spans) waited[stage] += to - from
  return { spans, plan, end: Date.parse(last.time) - start, waited }
}
