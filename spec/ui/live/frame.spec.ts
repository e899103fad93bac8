/** What one drawing of the page shows. */
import { expect, it } from 'vitest'
import { emptyServerState, type PullState, type ServerState } from '../../../lib/api/server-state.js'
import { CalmVerdict } from '../../../ui/facts/verdict.js'
import { type FrameParts, frameOf } from '../../../ui/live/frame.js'
import { layerOf, pullOf, totals } from '../pull-state.js'

const sample = {
  at: 10_000,
  network: 5e6,
  disk: 0,
  holder: 'network',
  host: 'cdn.example',
  freeBytes: 7,
} as const
const frame = (
  state: Partial<ServerState>,
  { chosen, now = 11_000 }: { chosen?: string; now?: number } = {},
) =>
  frameOf(
    {
      state: { ...emptyServerState, ...state },
      now,
      sight: { view: 'pulls', chosen, isDetail: false, hasKeysOpen: false },
    } as unknown as FrameParts,
    new CalmVerdict(),
  )
const pulling = (layers: PullState['snapshot']['layers'] = []) =>
  pullOf('a', { snapshot: { totals, layers } })

it('has the chosen pull, and none if it is not listed', () => {
  const pulls = [pullOf('a'), pullOf('b')]
  expect(frame({ pulls }, { chosen: 'b' }).chosen).toBe(pulls[1])
  expect(frame({ pulls }, { chosen: 'c' }).chosen).toBeUndefined()
})

it('shows the rate and the holder of the last sample, while something runs and the sample is fresh', () => {
  const pulls = [pulling([layerOf('x')])]
  const shown = frame({ pulls, samples: [{ ...sample, network: 1 }, sample] })
  expect([shown.network, shown.verdict.kind, shown.freeBytes]).toEqual([5e6, 'network', 7])
  expect(frame({ pulls, samples: [sample] }, { now: 14_999 }).network).toBe(5e6)
  const old = frame({ pulls, samples: [sample] }, { now: 15_000 })
  expect([old.network, old.verdict.kind, old.freeBytes]).toEqual([0, 'last', 7])
  const paused = pullOf('a', { record: { state: 'paused' } })
  expect(frame({ pulls: [paused], samples: [sample] })).toMatchObject({
    network: 0,
    verdict: { kind: 'paused' },
  })
  expect(frame({ pulls })).toMatchObject({ network: 0, freeBytes: undefined })
})

it('names the registry that is asked for the first manifest', () => {
  expect(frame({ pulls: [pulling(), pullOf('b')] }).verdict.title).toBe('Asking ghcr.io.')
})

it('counts as retries what holds a slot in a pull that runs', () => {
  const retrying = layerOf('x', { status: 'retrying' })
  const pulls = [
    pulling([retrying, layerOf('y')]),
    pullOf('b', { record: { state: 'paused' }, snapshot: { layers: [retrying] } }),
  ]
  const registry = { ...sample, holder: 'registry' } as const
  const limits = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: null, isAuto: false }
  const { verdict } = frame({ pulls, samples: [registry], limits })
  expect(verdict).toMatchObject({
    title: 'cdn.example asks us to wait.',
    reason: '1 layer of 3 download slots wait for the time that it set.',
  })
})
