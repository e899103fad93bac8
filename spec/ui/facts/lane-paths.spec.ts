/** The geometry of lanes. */
import { expect, it } from 'vitest'
import type { Lane, Lanes } from '../../../lib/api/lanes.js'
import { fittingPitch, lanePaths, trackOf, xOf, type LaneGeometry } from '../../../ui/facts/lane-paths.js'

const geometry: LaneGeometry = { left: 30, width: 100, span: 10, top: 50, pitch: 10, track: 4, inset: 0 }
const lane = (digest: string, change: Partial<Lane>): Lane => ({
  digest,
  network: [],
  disk: [],
  isStored: false,
  ...change,
})

it('draws each stage in its track and the commit over both', () => {
  const lanes: Lanes = {
    startedAt: 0,
    pauses: [],
    lanes: [
      lane('a', {
        network: [
          { stage: 'waits', from: 0, to: 1_000 },
          { stage: 'downloading', from: 1_000, to: 3_000 },
          { stage: 'verifying', from: 3_000, to: 3_500 },
        ],
        disk: [
          { stage: 'queued', from: 3_500, to: 4_000 },
          { stage: 'unpacking', from: 4_000, to: 5_000 },
        ],
        committedAt: 5_000,
      }),
    ],
  }
  expect(lanePaths(lanes, geometry, 6_000, undefined)).toMatchObject({
    wait: 'M30.0 52.5H40.0',
    down: 'M40.0 50.0h20.0v4.0h-20.0z',
    verify: 'M59.0 50.0h5.0v4.0h-5.0z',
    ready: 'M65.0 56.5H70.0',
    unpack: 'M70.0 54.0h10.0v4.0h-10.0z',
    commit: 'M80.0 50.0h2.0v8.0h-2.0z',
  })
})

it('draws an open stage up to now, and to the end of the pull afterwards', () => {
  const lanes: Lanes = {
    startedAt: 0,
    pauses: [{ from: 2_000 }],
    lanes: [lane('a', { network: [{ stage: 'downloading', from: 0 }] })],
  }
  expect(lanePaths(lanes, geometry, 4_000, undefined).down).toBe('M30.0 50.0h40.0v4.0h-40.0z')
  expect(lanePaths(lanes, geometry, 4_000, undefined).pause).toBe('M50.0 50.0h20.0v10.0h-20.0z')
  expect(lanePaths({ ...lanes, endedAt: 5_000 }, geometry, 9_000, undefined).down).toBe(
    'M30.0 50.0h50.0v4.0h-50.0z',
  )
})

it('draws a shared layer as an outline, and a stored one as a square', () => {
  const lanes: Lanes = {
    startedAt: 0,
    pauses: [],
    lanes: [lane('a', { network: [{ stage: 'waits', from: 0 }] }), lane('b', { isStored: true })],
  }
  const paths = lanePaths(lanes, geometry, 4_000, new Map([['a', 'other']]))
  expect(paths.shared).toBe('M30.5 50.5h39.0v7.0h-39.0z')
  expect(paths.here).toBe('M30.5 60.5h7.0v7.0h-7.0z')
  expect(paths.wait).toBe('')
})

it('draws a committed lane anew when the geometry changes', () => {
  const lanes: Lanes = { startedAt: 0, pauses: [], lanes: [lane('a', { committedAt: 5_000 })] }
  expect(lanePaths(lanes, geometry, 6_000, undefined).commit).toContain('M80.0')
  expect(lanePaths(lanes, { ...geometry, span: 20 }, 6_000, undefined).commit).toContain('M55.0')
})

it('hatches unpacking where there is room', () => {
  const lanes: Lanes = {
    startedAt: 0,
    pauses: [],
    lanes: [lane('a', { disk: [{ stage: 'unpacking', from: 0 }] })],
  }
  expect(lanePaths(lanes, { ...geometry, track: 6 }, 1_000, undefined)).toMatchObject({
    unpack: '',
    hatched: expect.stringMatching(/^M30/),
  })
})

it('lets all lanes fit the window, from 7 to 16 pixels', () => {
  expect([fittingPitch(60, 420), fittingPitch(60, 100), fittingPitch(3, 420)]).toEqual([7, 7, 16])
  expect([trackOf(7), trackOf(16)]).toEqual([3, 6])
  expect(xOf(geometry, 1_000, 500)).toBe(30)
})
