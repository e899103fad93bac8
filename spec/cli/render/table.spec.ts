import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fit, fitEnd } from '../../../cli/render/fit.js'
import { table } from '../../../cli/render/table.js'

describe('table', () => {
  it('has columns as wide as their widest cell and no trailing spaces', () => {
    expect(
      table(
        ['NAME', 'SIZE'],
        [
          ['a', '1 B'],
          ['longer', '22 B'],
        ],
      ),
    ).toBe('NAME    SIZE\na       1 B\nlonger  22 B\n')
  })
})

describe('a table on a narrow terminal', () => {
  const head = ['NAME', 'ID', 'PLATFORMS']
  const rows = [['registry.example/team/app:1', '0123456789ab', 'linux/amd64,linux/arm64']]
  const flexible = [
    { at: 2, least: 11, cut: fit },
    { at: 0, least: 10, cut: fitEnd },
  ]

  it('is not cut if it fits', () => {
    expect(table(head, rows, { columns: 66, flexible })).toBe(table(head, rows))
    expect(table(head, rows, { flexible })).toBe(table(head, rows))
  })

  it('has its columns cut in the order given, each to its least width', () => {
    expect(table(head, rows, { columns: 62, flexible })).toContain(
      'registry.example/team/app:1  0123456789ab  linux/amd64,linu...',
    )
    expect(table(head, rows, { columns: 45, flexible })).toContain(
      '...mple/team/app:1  0123456789ab  linux/am...',
    )
    const narrowest = table(head, rows, { columns: 1, flexible })
    expect(narrowest).toContain('...m/app:1  0123456789ab  linux/am...')
    expect(narrowest.split('\n')[0]).toBe('NAME        ID            PLATFORMS')
  })

  it('is as wide as the terminal at most, unless the other columns are wider', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/'), maxLength: 30 })
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.nat(80), (cells, columns) => {
        const lines = table(head, cells, { columns, flexible }).split('\n')
        const fixed = Math.max(2, ...cells.map(([, id]) => id.length))
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(
          Math.max(columns, 10 + 2 + fixed + 2 + 11),
        )
      }),
    )
  })
})
