import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { board, endLines } from '../../../cli/render/board.js'
import type { View } from '../../../cli/render/frame-view.js'
import {
  emptySnapshot,
  layerStatuses,
  type LayerStatus,
  type PullSnapshot,
} from '../../../lib/events/index.js'
import { layer, now, pulling } from './snapshots.js'

const view: View = { columns: 79, rows: 23, now, rate: undefined }
const shown = (snapshot: PullSnapshot, rate?: number) => ({ snapshot, rate })
const named = (reference: string, more: Partial<PullSnapshot> = {}) =>
  pulling(
    [
      layer('a', 'complete', 4_000_000),
      layer('b', 'downloading', 1_000_000),
      layer('c', 'downloading', 3_000_000),
      layer('d', 'waiting'),
    ],
    { reference, ...more },
  )

const three = [
  shown(named('docker.io/library/alpine:3.20'), 2_000_000),
  shown({ ...emptySnapshot, phase: 'resolving', reference: 'quay.io/podman/hello:latest' }),
  shown(named('registry.example/a/long/repository/of-a-team/app:1.2.3', { paused: true })),
]

describe('board', () => {
  it('shows a line for each pull, its active layers, and a total of what is known', () => {
    expect(board(three, view).join('\n')).toMatchInlineSnapshot(`
      "alpine:3.20                           42 %  4s left      2.00 MB/s
        bbbbbbbbbbbb: Downloading       [======>                 ]  1.00 MB / 4.00 MB
        cccccccccccc: Downloading       [==================>     ]  3.00 MB / 4.00 MB
      quay.io/podman/hello:latest          resolving
      ...g/repository/of-a-team/app:1.2.3  paused  42 %
      Total: 0/3 images  16.0 MB / at least 32.0 MB  2.00 MB/s"
    `)
  })

  it('has room for a bar and more figures on a wide terminal, and for less on a narrow one', () => {
    expect(board(three, { ...view, columns: 199 })[0]).toMatchInlineSnapshot(
      `"alpine:3.20                                             [============>                 ]   42 %  4s left      2.00 MB/s  8.00 MB / 16.0 MB  1/4 layers"`,
    )
    expect(board(three, { ...view, columns: 59 }).join('\n')).toMatchInlineSnapshot(`
      "alpine:3.20                  42 %  4s left      2.00 MB/s
        bbbbbbbbbbbb: Downloading 1.00 MB / 4.00 MB
        cccccccccccc: Downloading 3.00 MB / 4.00 MB
      ....io/podman/hello:latest  resolving
      ...ory/of-a-team/app:1.2.3  paused  42 %
      Total: 0/3 images  16.0 MB / at least 32.0 MB  2.00 MB/s"
    `)
  })

  it('folds the pulls that have ended first, then shows as many as there is room for', () => {
    const pulls = [
      ...[1, 2, 3].map((tag) => shown(named(`a:${tag}`, { phase: 'done' }))),
      ...[4, 5].map((tag) => shown(named(`a:${tag}`))),
    ]
    expect(board(pulls, { ...view, rows: 5 })).toEqual([
      '3 images ended',
      expect.stringMatching(/^a:4/),
      expect.stringMatching(/^ {2}b+: Downloading/),
      expect.stringMatching(/^a:5/),
      expect.stringMatching(/^Total: 3\/5 images/),
    ])
    expect(board(pulls, { ...view, rows: 3 })).toEqual([
      '3 images ended',
      '... and 2 more images',
      expect.stringMatching(/^Total/),
    ])
  })

  it('counts the pulls that stand above it, and those that are still to start', () => {
    const rest = { ended: 2, fetched: 10_000_000, total: 10_000_000, expected: 5 }
    expect(board([shown(named('a:1'))], view, rest).at(-1)).toBe(
      'Total: 2/5 images  18.0 MB / at least 26.0 MB',
    )
  })

  it('has a total rate of the pulls that run', () => {
    const ended = (['done', 'failed', 'cancelled'] as const).map((phase, index) =>
      shown(named(`a:${index}`, { phase }), 5_000_000),
    )
    const running = ['b:1', 'b:2'].map((name) => shown(named(name), 1_000_000))
    expect(board([...ended, ...running], view).at(-1)).toBe('Total: 3/5 images  40.0 MB / 80.0 MB  2.00 MB/s')
    expect(board(ended, view).at(-1)).toBe('Total: 3/3 images  24.0 MB / 48.0 MB')
  })

  it('never exceeds the size of the terminal', () => {
    const pull = fc
      .record({
        reference: fc.string({ maxLength: 120 }),
        phase: fc.constantFrom('resolving', 'planning', 'pulling', 'done', 'failed', 'cancelled' as const),
        statuses: fc.array(fc.constantFrom(...(Object.keys(layerStatuses) as LayerStatus[])), {
          maxLength: 9,
        }),
        rate: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
      })
      .map(({ reference, phase, statuses, rate }) =>
        shown(
          pulling(
            statuses.map((status, index) => layer(String(index), status, 1_000_000)),
            { reference, phase, warnings: [{ code: 'c', message: reference }] },
          ),
          rate,
        ),
      )
    fc.assert(
      fc.property(
        fc.array(pull, { maxLength: 12 }),
        fc.integer({ min: 1, max: 140 }),
        fc.integer({ min: 1, max: 30 }),
        (pulls, columns, rows) => {
          const lines = board(pulls, { ...view, columns, rows })
          expect(lines.length).toBeLessThanOrEqual(rows)
          for (const line of lines) expect(line).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${columns}}$`))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('what stays of a pull of several', () => {
  it('is its outcome and its warnings; of one that failed, the warnings', () => {
    const warnings = [{ code: 'c', message: 'odd' }]
    const cancelled = named('a:1', { phase: 'cancelled', warnings })
    expect(endLines(cancelled, { ...view, rows: Infinity })).toEqual(['warning: odd', 'a:1: Cancelled'])
    expect(endLines({ ...cancelled, phase: 'failed' }, view)).toEqual(['warning: odd'])
  })
})
