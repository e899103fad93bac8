/** Computes what a page cost its thread from a trace of Chromium. */

/** Categories of a trace that `costOfPage` reads. */
export const traceCategories = [
  '-*',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  '__metadata',
] as const

/** Processor time of the page's thread in a trace, in milliseconds. */
export interface PageCost {
  /** Drawings of the page. */
  readonly updates: number
  readonly script: number
  readonly style: number
  readonly layout: number
  readonly paint: number
  /** All work, whatever for. */
  readonly all: number
}

/** A complete event of the trace format. Times are microseconds. */
interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Processor time of the thread. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** Part to which an event belongs. An event inside another one counts for the outer one only, if both have a part. */
const partOf: Readonly<Record<string, 'script' | 'style' | 'layout' | 'paint'>> = {
  FunctionCall: 'script',
  EvaluateScript: 'script',
  RunMicrotasks: 'script',
  FireAnimationFrame: 'script',
  TimerFire: 'script',
  MinorGC: 'script',
  MajorGC: 'script',
  UpdateLayoutTree: 'style',
  Layout: 'layout',
  PrePaint: 'paint',
  Paint: 'paint',
  Layerize: 'paint',
  Commit: 'paint',
}

/**
 * @param trace a trace of one page with `traceCategories`, as JSON
 * @throws Error if the trace has no thread of a page, or no animation frame
 */
export function costOfPage(trace: Buffer): PageCost {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] }
  const threads = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  )
  const frames = threads.map(({ pid, tid }) =>
    traceEvents.filter((each) => each.pid === pid && each.tid === tid),
  )
  // A browser has threads of spare pages as well. The page is the one that draws.
  const events = frames.sort((a, b) => drawings(b) - drawings(a))[0]
  if (!events || drawings(events) === 0) throw new Error('The trace has no animation frame')
  const cost = { updates: drawings(events), script: 0, style: 0, layout: 0, paint: 0, all: 0 }
  let [end, taskEnd] = [0, 0]
  for (const { name, ts, dur = 0, tdur = 0 } of events
    .filter(({ ph }) => ph === 'X')
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))) {
    if (name === 'RunTask' && ts >= taskEnd) {
      cost.all += tdur / 1_000
      taskEnd = ts + dur
    }
    const part = partOf[name]
    if (!part || ts < end) continue
    cost[part] += tdur / 1_000
    end = ts + dur
  }
  return cost
}

const drawings = (events: readonly TraceEvent[]): number =>
  events.filter(({ name, ph }) => name === 'FireAnimationFrame' && ph === 'X').length
