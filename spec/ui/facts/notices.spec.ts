/** Notices below the head of a pull. */
import { expect, it } from 'vitest'
import { noLanes } from '../../../lib/api/lanes.js'
import type { PullState } from '../../../lib/api/server-state.js'
import type { LayerSnapshot } from '../../../lib/events/snapshot-state.js'
import { emptySnapshot } from '../../../lib/events/snapshot.js'
import { noticesOf } from '../../../ui/facts/notices.js'

const layer = (digest: string, retryAt?: number): LayerSnapshot => ({
  ...{ digest, current: 0, fetched: 16_800_000, unpacked: 0, total: 29_600_000 },
  status: retryAt === undefined ? 'complete' : 'retrying',
  ...(retryAt !== undefined && {
    retry: {
      at: retryAt,
      attempt: 3,
      reason: 'Failed to download the blob sha256:00 from x: HTTP 503 (Service Unavailable).',
    },
  }),
})

const pull = (change: Partial<PullState['record']>, snapshot: Partial<PullState['snapshot']>): PullState => ({
  record: {
    ...{ id: '1', order: { image: 'ghcr.io/acme/train:1' }, state: 'running', priority: 0, startedAt: 0 },
    progress: { fraction: 0, secondsLeft: null, fetched: null, total: null, unpacked: null },
    ...change,
  },
  snapshot: { ...emptySnapshot, ...snapshot },
  lanes: noLanes,
  samples: [],
})

it('names the layer that is retried, when, why, and what is kept', () => {
  const [notice] = noticesOf(pull({}, { layers: [layer('a'), layer('b', 16_000)] }), 10_000, 6)
  expect(notice).toMatchObject({
    title: 'Layer 2 is retried',
    countdown: ' in 6 s',
    text: 'ghcr.io answers 503 (Service Unavailable) after 16.8 MB of 29.6 MB.',
    advice: 'Attempt 3 of 6. What came is kept; the other layers go on. Nothing to do unless it lasts.',
    actions: [['retry-now', 'Try now']],
  })
})

it('has one notice for several retries, about the soonest', () => {
  const notices = noticesOf(pull({}, { layers: [layer('a', 20_000), layer('b', 16_000)] }), 10_000, 6)
  expect(notices.map(({ title, countdown }) => [title, countdown])).toEqual([
    ['2 layers are retried, layer 2 first', ' in 6 s'],
  ])
})

it('says what failed, with the command of the hint, and offers to free space when the disk is full', () => {
  const error = {
    code: 'STORE_FULL',
    message: 'It needs 1.2 GB, 0.4 GB are free',
    retryable: false,
    hint: 'Run `windlass gc`.',
  }
  const [notice] = noticesOf(pull({ state: 'failed' }, { phase: 'failed', error }), 0, 6)
  expect(notice).toMatchObject({ title: 'It needs 1.2 GB, 0.4 GB are free.', command: 'windlass gc' })
  expect(notice?.actions.map(([action]) => action)).toEqual(['collect', 'again', 'copy-error'])
})

it('says what is kept after a cancellation and after a restart', () => {
  expect(noticesOf(pull({ state: 'cancelled' }, {}), 0, 6)[0]).toMatchObject({
    isCalm: true,
    title: 'Cancelled.',
  })
  expect(noticesOf(pull({ state: 'interrupted' }, {}), 0, 6)[0]?.text).toContain('Resume goes on from there')
})
