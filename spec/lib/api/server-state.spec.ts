import { describe, expect, it } from 'vitest'
import { type ServerState, emptyServerState, reduceServer } from '../../../lib/api/server-state.js'
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
})
