/** Tests every row of a table of peers against a function of Windlass. */
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { type Table, refused } from './row.js'

/**
 * Defines a test for each row of a table.
 * @param meaning returns the meaning of an input as the table defines it. A WindlassError is the meaning `refused`.
 */
export function checkTable<Given>(
  table: Table<Given>,
  meaning: (given: Given) => string | Promise<string>,
): void {
  describe(table.title, () => {
    it.each(table.rows)('$peer: $input', async ({ given, ours }) => {
      let actual: string
      try {
        actual = await meaning(given)
      } catch (error) {
        if (!(error instanceof WindlassError)) throw error
        actual = refused
      }
      expect(actual).toBe(ours)
    })
  })
}
