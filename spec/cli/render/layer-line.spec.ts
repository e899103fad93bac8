import { describe, expect, it } from 'vitest'
import { bar, layerLine } from '../../../cli/render/layer-line.js'
import type { LayerSnapshot } from '../../../lib/events/index.js'

const layer: LayerSnapshot = {
  ...{ digest: `sha256:${'4abcf2066143'.padEnd(64, '0')}`, status: 'downloading' },
  ...{ current: 1_200_000, total: 3_620_000, fetched: 1_200_000, unpacked: 0 },
}
const line = (columns: number, more: Partial<LayerSnapshot> = {}, registry?: string): string =>
  layerLine({ ...layer, ...more }, { columns, now: 0, registry })

describe('the line of a layer', () => {
  it('has a bar, the bytes, and the host if it is not the registry', () => {
    expect(line(120)).toMatch(/^4abcf2066143: Downloading +\[=+> +\] +1\.2\d* MB \/ 3\.62 MB$/)
    expect(line(120, { host: 'mirror.example' }, 'registry.example')).toMatch(/MB {2}mirror\.example$/)
    expect(line(120, { host: 'registry.example' }, 'registry.example')).toMatch(/MB$/)
  })

  it.each(['copying', 'extracting'] as const)('has a bar also while it is %s', (status) => {
    expect(line(120, { status })).toContain('[')
  })

  it.each(['waiting', 'complete', 'exists'] as const)(
    'has neither bar nor bytes while it is %s',
    (status) => {
      expect(line(120, { status })).not.toMatch(/\[|MB/)
    },
  )

  it('loses the host first, then the bar, and never exceeds the columns', () => {
    const host = 'a-mirror-with-a-long-name.example'
    let last = 3
    for (let columns = 130; columns > 20; columns--) {
      const text = line(columns, { host }, 'registry.example')
      expect(text.length).toBeLessThanOrEqual(columns)
      const parts = (text.includes(host) ? 2 : 0) + (text.includes('[') ? 1 : 0)
      expect(parts).toBeLessThanOrEqual(last)
      expect(parts).not.toBe(2)
      last = parts
    }
    expect(last).toBe(0)
  })

  it('has a bar of ten to forty characters', () => {
    const widths = Array.from({ length: 120 }, (_, at) => / \[([^\]]*)\]/.exec(line(at + 30))?.[1]?.length)
    const known = widths.filter((width) => width !== undefined)
    expect([Math.min(...known), Math.max(...known)]).toEqual([10, 40])
  })
})

describe('a progress bar', () => {
  it.each([
    [0, 10, '>    '],
    [5, 10, '==>  '],
    [9, 10, '====>'],
    [9.99, 10, '====>'],
    [10, 10, '====='],
    [12, 10, '====='],
    [-1, 10, '>    '],
    [0, 0, '====='],
  ])('of %d of %d is full only at the end: %s', (current, total, expected) => {
    expect(bar(current, total, 5)).toBe(expected)
  })
})
