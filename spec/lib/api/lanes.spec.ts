/** Lanes of layers, computed from the events of a pull. */
import { expect, it } from 'vitest'
import { noLanes, reduceLanes } from '../../../lib/api/lanes.js'
import type { LayerStatus, PullEventBody } from '../../../lib/events/event.js'

const at = (seconds: number): number => Date.UTC(2026, 0, 1) + seconds * 1000

const lanesOf = (
  events: readonly (readonly [seconds: number, body: PullEventBody])[],
): ReturnType<typeof reduceLanes> =>
  events.reduce(
    (lanes, [seconds, body], index) =>
      reduceLanes(lanes, {
        version: 1,
        pull: 'p',
        seq: index + 1,
        time: new Date(at(seconds)).toISOString(),
        ...body,
      }),
    noLanes,
  )

const plan: PullEventBody = {
  type: 'plan',
  layers: [{ digest: 'a', size: 10, action: 'download', offset: 0 }],
  bytes: { total: 10, toDownload: 10 },
}
const layer = (status: LayerStatus, current = 5, unpacked?: number): PullEventBody => ({
  ...{ type: 'layer', digest: 'a', status, current, total: 10 },
  ...(unpacked !== undefined && { unpacked }),
})

it('has the stages on the network and on the disk, also where unpacking runs behind the download', () => {
  const { lanes } = lanesOf([
    [0, plan],
    [1, layer('downloading', 2)],
    [2, layer('downloading', 6, 3)],
    [3, layer('verifying', 10, 5)],
    [4, layer('extracting', 7)],
    [5, layer('complete', 10)],
  ])
  expect(lanes[0]).toMatchObject({
    network: [
      { stage: 'waits', from: at(0), to: at(1) },
      { stage: 'downloading', from: at(1), to: at(3) },
      { stage: 'verifying', from: at(3), to: at(4) },
    ],
    disk: [{ stage: 'unpacking', from: at(2), to: at(5) }],
    committedAt: at(5),
  })
})

it('ends work with a pause, whatever is reported during it, and begins it again afterwards', () => {
  const { lanes, pauses } = lanesOf([
    [0, plan],
    [1, layer('downloading')],
    [2, { type: 'paused' }],
    [3, layer('downloading', 6)],
    [4, { type: 'resumed' }],
    [5, layer('downloading', 7)],
  ])
  expect(pauses).toEqual([{ from: at(2), to: at(4) }])
  expect(lanes[0]?.network).toEqual([
    { stage: 'waits', from: at(0), to: at(1) },
    { stage: 'downloading', from: at(1), to: at(2) },
    { stage: 'downloading', from: at(5) },
  ])
})

it('lets a layer wait through a pause', () => {
  const { lanes } = lanesOf([
    [0, plan],
    [2, { type: 'paused' }],
    [4, { type: 'resumed' }],
    [5, layer('downloading', 7)],
  ])
  expect(lanes[0]?.network[0]).toEqual({ stage: 'waits', from: at(0), to: at(5) })
})

it('lets a layer wait for a thread through a pause', () => {
  const { lanes } = lanesOf([
    [0, plan],
    [1, layer('downloading')],
    [2, layer('downloaded', 10)],
    [3, { type: 'paused' }],
    [4, { type: 'resumed' }],
    [5, layer('extracting', 1)],
    [6, { type: 'paused' }],
  ])
  expect(lanes[0]!.disk).toEqual([
    { stage: 'queued', from: at(2), to: at(5) },
    { stage: 'unpacking', from: at(5), to: at(6) },
  ])
})
