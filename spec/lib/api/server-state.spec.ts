import { describe, expect, it } from 'vitest'
import {
  type ServerState,
  addSample,
  emptyServerState,
  maxSamples,
  reduceServer,
} from '../../../lib/api/server-state.js'
import type { LayerStatus, PullEventBody } from '../../../lib/events/event.js'
import type { PullRecord } from '../../../lib/api/shapes.js'

const time = new Date(0).toISOString()

/** The state after events of one pull. */
function stateAfter(...bodies: readonly PullEventBody[]): ServerState {
  const record = { id: 'p', state: 'running' } as unknown as PullRecord
  const known = reduceServer(emptyServerState, { type: 'pull', at: 0, pull: record })
  return bodies.reduce(
    (state, body, at) =>
      reduceServer(state, { type: 'event', event: { version: 1, pull: 'p', seq: at + 1, time, ...body } }),
    known,
  )
}

const begin: readonly PullEventBody[] = [
  { type: 'start', reference: 'app', platform: 'linux/amd64' },
  {
    type: 'plan',
    layers: [{ digest: 'a', size: 10, action: 'download', offset: 0 }],
    bytes: { total: 10, toDownload: 10 },
  },
]
const layer = (status: LayerStatus, current: number, unpacked?: number): PullEventBody => ({
  ...{ type: 'layer', digest: 'a', status, current, total: 10 },
  ...(unpacked !== undefined && { unpacked }),
})

/** The layers in the slots of downloads and of unpacks. */
const slotsOf = ({ slots }: ServerState) =>
  [slots.downloads, slots.unpacks].map((each) => each.map((holder) => holder?.digest))

describe('the state of a server', () => {
  it('gives a layer its slots as it is downloaded, unpacked behind the download, and unpacked', () => {
    const events = [
      layer('downloading', 1),
      layer('downloading', 5, 3),
      layer('downloaded', 10, 9),
      layer('complete', 10),
    ]
    const slots = events.map((_, at) => slotsOf(stateAfter(...begin, ...events.slice(0, at + 1))))
    expect(slots).toEqual([
      [['a'], []],
      [['a'], ['a']],
      [[], ['a']],
      [[], []],
    ])
  })

  const at = 0
  const record = (id: string, more: object = {}) =>
    ({ id, state: 'running', ...more }) as unknown as PullRecord
  const withPulls = (...ids: string[]): ServerState =>
    ids.reduce((state, id) => reduceServer(state, { type: 'pull', at, pull: record(id) }), emptyServerState)
  const idsOf = ({ pulls }: ServerState): string[] => pulls.map((pull) => pull.record.id)

  it('lists a pull once, with its last record, until it is removed', () => {
    const state = reduceServer(withPulls('a', 'b'), {
      ...{ type: 'pull', at, pull: record('a', { state: 'done' }) },
    })
    expect(state.pulls.map((pull) => [pull.record.id, pull.record.state])).toEqual([
      ['a', 'done'],
      ['b', 'running'],
    ])
    expect(idsOf(reduceServer(state, { type: 'removed', at, id: 'a' }))).toEqual(['b'])
    expect(idsOf(reduceServer(state, { type: 'removed', at, id: 'c' }))).toEqual(['a', 'b'])
  })

  it('has the progress and the samples of each pull that a message names, and the samples of the line', () => {
    const before = withPulls('a', 'b')
    const progress = { fetched: 3 }
    const after = reduceServer(before, { type: 'progress', at, pulls: { b: progress } } as never)
    expect(after.pulls.map((pull) => pull.record.progress)).toEqual([undefined, progress])
    expect(after.slots).toBe(before.slots)
    const [line, sample] = [{ at: 1 }, { at: 2 }]
    const sampled = reduceServer(after, { type: 'sample', at, pulls: { a: sample }, line } as never)
    expect(sampled.pulls.map(({ samples }) => samples)).toEqual([[sample], []])
    expect(sampled.samples).toEqual([line])
    expect(sampled.pulls[1]!.record.progress).toEqual(progress)
  })

  it('keeps the rest when the limits, the images or a task change', () => {
    const before = withPulls('a')
    const limits = { maxDownloads: 3, maxUnpacks: 1 } as never
    const limited = reduceServer(before, { type: 'limits', at, limits })
    expect(limited).toEqual({ ...before, limits })
    expect(reduceServer(limited, { type: 'images', at } as never)).toEqual({ ...limited, imageChanges: 1 })
    const task = (id: string, state: string) => ({ type: 'task', at, task: { id, state } }) as never
    const tasks = [task('1', 'running'), task('2', 'running'), task('1', 'done')].reduce(
      reduceServer,
      limited,
    )
    expect(tasks).toEqual({
      ...limited,
      tasks: [
        { id: '2', state: 'running' },
        { id: '1', state: 'done' },
      ],
    })
  })

  it('is replaced by a message with the whole state, and the images count as changed', () => {
    const before = reduceServer(withPulls('a'), { type: 'images', at } as never)
    const whole = { server: {}, limits: {}, tasks: [], samples: [{ at: 1 }] }
    const pull = { ...record('b'), events: [], samples: [{ at: 2 }] }
    const after = reduceServer(before, { type: 'state', at, ...whole, pulls: [pull] } as never)
    expect(after).toMatchObject({ ...whole, imageChanges: 2 })
    expect(idsOf(after)).toEqual(['b'])
    expect(after.pulls[0]!.samples).toEqual([{ at: 2 }])
    expect(after.pulls[0]!.record).not.toHaveProperty('events')
  })
})

describe('the samples of a server', () => {
  it('are thinned out in their older half once there are too many', () => {
    let samples: readonly { readonly at: number }[] = []
    for (let at = 0; at < maxSamples; at++) samples = addSample(samples as never, { at } as never)
    expect(samples).toHaveLength(maxSamples)
    const after = addSample(samples as never, { at: maxSamples } as never) as typeof samples
    expect(after).toHaveLength(maxSamples - maxSamples / 4 + 1)
    expect(after.slice(0, 3).map(({ at }) => at)).toEqual([0, 2, 4])
    expect(after.slice(-maxSamples / 2).map(({ at }) => at - maxSamples / 2)).toEqual(
      Array.from({ length: maxSamples / 2 }, (_, index) => index + 1),
    )
  })
})
