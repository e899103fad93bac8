/** Recorded runs: the events of real pulls and copies, with the state, the lanes and Docker's lines that they lead to. */
import { readFileSync, readdirSync } from 'node:fs'
import { noLanes, reduceLanes } from '../../lib/api/lanes.js'
import { type PullEvent, decodeEvent, emptySnapshot, reduce } from '../../lib/events/index.js'

const folder = new URL('runs/', import.meta.url)

/** A recorded run. */
export interface RecordedRun {
  readonly name: string
  /** One event a line. */
  readonly lines: string
  /** What `replay` returned for them when they were recorded. */
  readonly state: string
}

/** All recorded runs. */
export const recordedRuns = (): readonly RecordedRun[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => ({
      name: file.slice(0, -'.jsonl'.length),
      lines: readFileSync(new URL(file, folder), 'utf8'),
      state: readFileSync(new URL(file.replace('.jsonl', '.json'), folder), 'utf8'),
    }))

/** The events of lines. */
export const eventsIn = (lines: string): readonly PullEvent[] => lines.trimEnd().split('\n').map(decodeEvent)

/** What a display computes from events, as text. */
export function replay(events: readonly PullEvent[]): string {
  const snapshot = events.reduce(reduce, emptySnapshot)
  const lanes = events.reduce(reduceLanes, noLanes)
  return `${JSON.stringify({ snapshot, lanes }, null, 2)}\n`
}
