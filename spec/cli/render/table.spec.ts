import { describe, expect, it } from 'vitest'
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
