import { describe, expect, it } from 'vitest'
import { table } from '../../../cli/render/table.js'

describe('table', () => {
  it('is as wide as it must be and leaves no space behind', () => {
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
