/** Recorded runs: their events lead to the same state in every version that reads them. */
import { describe, expect, it } from 'vitest'
import { type PullEvent, encodeEvent } from '../../../lib/events/index.js'
import { eventsIn, recordedRuns, replay } from '../../../testbench/events/recorded-runs.js'
import { violationsOf } from '../../../testbench/events/violations.js'

describe.each(recordedRuns())('the recorded run $name', ({ lines, state }) => {
  const events = eventsIn(lines)

  it('leads to the recorded state, byte for byte', () => {
    expect(replay(events)).toBe(state)
  })

  it('is encoded to the recorded lines again', () => {
    expect(events.map((event) => encodeEvent(event).trimEnd()).join('\n')).toBe(lines.trimEnd())
  })

  it('keeps the order of events', () => {
    expect(violationsOf(events)).toEqual([])
  })
})

describe('the order of events', () => {
  const [events, paused] = ['retried', 'paused'].map((name) =>
    eventsIn(recordedRuns().find((run) => run.name === name)!.lines),
  ) as [readonly PullEvent[], readonly PullEvent[]]
  /** The events again, numbered. */
  const broken = (changed: readonly PullEvent[]): readonly string[] =>
    violationsOf(changed.map((event, index) => ({ ...event, seq: index + 1 })))
  const at = (type: PullEvent['type']): number => events.findIndex((event) => event.type === type)
  const without = (all: readonly PullEvent[], type: PullEvent['type']): readonly PullEvent[] =>
    all.filter((event) => event.type !== type)

  it('is broken by a number that is left out', () => {
    expect(violationsOf(events.toSpliced(3, 1))).not.toEqual([])
  })

  it.each<[string, readonly PullEvent[]]>([
    ['no start', without(events, 'start')],
    ['no end', without(events, 'end')],
    ['no plan', without(events, 'plan')],
    ['no image', without(events, 'image')],
    ['an event after the end', [...events, events[1]!]],
    ['a second plan', events.toSpliced(at('plan'), 0, events[at('plan')]!)],
    [
      'a pause that is not resumed before the next',
      without(paused, 'resumed').concat(without(paused, 'resumed')),
    ],
    ['a resumption without a pause', without(paused, 'paused')],
    ['another pull', events.with(4, { ...events[4]!, pull: 'other' })],
    ['a time that is none', events.with(4, { ...events[4]!, time: 'noon' })],
    [
      'the layers backwards',
      [...events.slice(0, 4), ...events.slice(4, -2).toReversed(), ...events.slice(-2)],
    ],
    [
      'more bytes than the layer has',
      events.map((event) => (event.type === 'layer' ? { ...event, current: event.total + 1 } : event)),
    ],
    [
      'a failure without an error',
      events.map((event) => (event.type === 'end' ? { ...event, outcome: 'failed' as const } : event)),
    ],
  ])('is broken by %s', (_what, changed) => {
    expect(broken(changed)).not.toEqual([])
  })
})
