import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame } from '../../../cli/render/frame.js'
import type { View } from '../../../cli/render/frame-view.js'
import { bar } from '../../../cli/render/layer-line.js'
import { paintFor } from '../../../cli/render/paint.js'
import {
  emptySnapshot,
  type ImageResult,
  layerStatuses,
  type LayerStatus,
} from '../../../lib/events/index.js'
import { digest, layer, now, pulling } from './snapshots.js'

const view: View = { columns: 100, rows: 24, now, rate: 2_000_000 }

const everything = pulling([
  layer('a', 'exists', 4_000_000),
  layer('b', 'downloading', 1_000_000, { host: 'registry-1.docker.io' }),
  layer('c', 'downloading', 3_999_999, { host: 'mirror.example' }),
  layer('d', 'retrying', 500_000, { retry: { at: now + 4200, reason: 'connection reset', attempt: 2 } }),
  layer('e', 'extracting', 2_000_000, { fetched: 4_000_000 }),
  layer('1', 'waiting'),
  layer('2', 'verifying', 4_000_000),
  layer('3', 'downloaded', 4_000_000),
  layer('4', 'complete', 4_000_000),
  layer('5', 'restart'),
])

describe('frame', () => {
  it('shows one line per layer and a total (S2-59)', () => {
    expect(frame(everything, view).join('\n')).toMatchInlineSnapshot(`
      "docker.io/library/alpine:3.20  linux/amd64  ffffffffffff
      aaaaaaaaaaaa: Already exists
      bbbbbbbbbbbb: Downloading       [==========>                             ]  1.00 MB / 4.00 MB
      cccccccccccc: Downloading       [==============================>]  4.00 MB / 4.00 MB  mirror.example
      dddddddddddd: Retrying in 5 seconds (connection reset)
      eeeeeeeeeeee: Extracting        [====================>                   ]  2.00 MB / 4.00 MB
      111111111111: Waiting
      222222222222: Verifying
      333333333333: Download complete
      444444444444: Pull complete
      555555555555: Starting over
      Total: 2/10 layers  25.5 MB / 40.0 MB  42 %  2.00 MB/s  8s left"
    `)
  })

  it('shows that the pull is paused, without the remaining time', () => {
    const lines = frame({ ...everything, paused: true }, view)
    expect(lines[0]).toBe('docker.io/library/alpine:3.20  linux/amd64  ffffffffffff  paused')
    expect(lines.at(-1)).toMatch(/MB {2}\d+ % {2}paused$/)
    expect(frame({ ...emptySnapshot, phase: 'resolving', reference: 'a', paused: true }, view)[0]).toMatch(
      /resolving {2}paused$/,
    )
  })

  it('omits the host and the bar on a narrow terminal', () => {
    const few = pulling(everything.layers.slice(0, 4))
    expect(frame(few, { ...view, columns: 66 })).toEqual([
      'docker.io/library/alpine:3.20  linux/amd64  ffffffffffff',
      'aaaaaaaaaaaa: Already exists',
      'bbbbbbbbbbbb: Downloading       [===>         ]  1.00 MB / 4.00 MB',
      'cccccccccccc: Downloading       [============>]  4.00 MB / 4.00 MB',
      'dddddddddddd: Retrying in 5 seconds (connection reset)',
      'Total: 1/4 layers  9.50 MB / 16.0 MB  42 %  2.00 MB/s  4s left',
    ])
    expect(frame(few, { ...view, columns: 30 })).toEqual([
      'docker.io/library/alpine:3....',
      'aaaaaaaaaaaa: Already exists',
      'bbbbbbbbbbbb: Downloading 1...',
      'cccccccccccc: Downloading 4...',
      'dddddddddddd: Retrying in 5...',
      'Total: 1/4 layers  9.50 MB ...',
    ])
  })

  it('folds the finished layers first if there are more layers than rows', () => {
    expect(frame(everything, { ...view, rows: 11 })).toEqual([
      'docker.io/library/alpine:3.20  linux/amd64  ffffffffffff',
      '2 layers complete',
      expect.stringMatching(/^b.*Downloading/),
      expect.stringMatching(/^c.*Downloading/),
      expect.stringMatching(/^d.*Retrying/),
      expect.stringMatching(/^e.*Extracting/),
      expect.stringMatching(/^1.*Waiting/),
      expect.stringMatching(/^2.*Verifying/),
      expect.stringMatching(/^3.*Download complete/),
      expect.stringMatching(/^5.*Starting over/),
      expect.stringMatching(/^Total/),
    ])
  })

  it('shows active layers before waiting ones if there are too few rows for both', () => {
    expect(frame(everything, { ...view, rows: 10 }).slice(1, -1)).toEqual([
      '2 layers complete',
      ...['b', 'c', 'd', 'e', '2', '3'].map((letter): unknown =>
        expect.stringMatching(new RegExp(`^${letter}`)),
      ),
      '... and 2 more layers: 1 active, 1 waiting',
    ])
    expect(frame(everything, { ...view, rows: 3 })).toEqual([
      expect.stringMatching(/^docker/),
      '... and 8 more layers: 7 active, 1 waiting',
      expect.stringMatching(/^Total/),
    ])
  })

  it('shows the time left rather than the rate if there is no room for both', () => {
    const whole = 'Total: 2/10 layers  25.5 MB / 40.0 MB  42 %  2.00 MB/s  8s left'
    expect(frame(everything, { ...view, columns: whole.length }).at(-1)).toBe(whole)
    expect(frame(everything, { ...view, columns: whole.length - 1 }).at(-1)).toBe(
      'Total: 2/10 layers  25.5 MB / 40.0 MB  42 %  8s left',
    )
  })

  it('colours whole lines after they are cut, so that no line is wider', () => {
    const paint = paintFor({})
    const lines = frame(everything, { ...view, columns: 30, paint })
    expect(lines[0]).toBe('\u001b[1mdocker.io/library/alpine:3....\u001b[22m')
    expect(lines[4]).toMatch(/^\u001b\[33md.*\u001b\[39m$/) // eslint-disable-line no-control-regex
    const bare = frame(everything, { ...view, columns: 30 })
    expect(lines.map(stripVTControlCharacters)).toEqual(bare)
    expect(frame(everything, { ...view, columns: 30, paint: paintFor({ NO_COLOR: '1' }) })).toEqual(bare)
    expect(paintFor({ NO_COLOR: '' })('good', 'x')).toBe('\u001b[32mx\u001b[39m')
  })

  it('shows all layers and the outcome at the end', () => {
    const result: ImageResult = {
      name: 'n',
      digest: digest('f'),
      mediaType: 'm',
      platform: 'linux/amd64',
      imageId: 'i',
      size: 1,
      layers: [],
      status: 'newer',
    }
    const done = pulling([layer('a', 'complete', 4_000_000)], { phase: 'done', result })
    expect(frame(done, { ...view, rows: Infinity })).toEqual([
      'docker.io/library/alpine:3.20  linux/amd64  ffffffffffff',
      'aaaaaaaaaaaa: Pull complete',
      'Total: 1/1 layers  4.00 MB / 4.00 MB',
      'Downloaded newer image for docker.io/library/alpine:3.20',
    ])
    const same = { ...done, result: { ...result, status: 'up-to-date' as const } }
    expect(frame(same, view).at(-1)).toBe('Image is up to date for docker.io/library/alpine:3.20')
    expect(frame({ ...done, phase: 'cancelled' }, view).at(-1)).toBe('Cancelled')
    expect(frame({ ...done, phase: 'failed' }, view).at(-1)).toMatch(/^Total/)
  })

  it('is empty before the start, then shows that the name is being resolved', () => {
    expect(frame(emptySnapshot, view)).toEqual([])
    expect(frame({ ...emptySnapshot, phase: 'resolving', reference: 'a:1', platform: 'p' }, view)).toEqual([
      'a:1  p  resolving',
    ])
  })

  it('contains no control characters from a registry', () => {
    const hostile = 'x\u001b[2J\n\u202e\u009b名'
    const lines = frame(
      pulling(
        [
          layer('b', 'downloading', 1, { host: hostile }),
          layer('d', 'retrying', 1, {
            retry: { at: now, reason: hostile, attempt: 2 },
          }),
        ],
        { reference: hostile, platform: hostile, warnings: [{ code: 'c', message: hostile }] },
      ),
      { ...view, columns: 200 },
    )
    expect(lines.join('')).toMatch(/^[\x20-\x7e]*$/)
  })

  it('never exceeds the size of the terminal', () => {
    const layers = fc.array(
      fc
        .record({
          letter: fc.constantFrom(...'0123456789abcdef'.split('')),
          status: fc.constantFrom(...(Object.keys(layerStatuses) as LayerStatus[])),
          current: fc.integer({ min: 0, max: 5_000_000 }),
          host: fc.string(),
        })
        .map(({ letter, status, current, host }) => layer(letter, status, current, { host })),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(
        layers,
        fc.integer({ min: 1, max: 140 }),
        fc.integer({ min: 1, max: 50 }),
        (all, columns, rows) => {
          const warnings = [{ code: 'c', message: 'something' }]
          const lines = frame(pulling(all, { warnings }), { ...view, columns, rows })
          expect(lines.length).toBeLessThanOrEqual(rows)
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('bar', () => {
  it('is full only at the end', () => {
    expect(bar(0, 10, 5)).toBe('>    ')
    expect(bar(5, 10, 5)).toBe('==>  ')
    expect(bar(9.999, 10, 5)).toBe('====>')
    expect(bar(10, 10, 5)).toBe('=====')
    expect(bar(0, 0, 5)).toBe('=====')
  })
})
