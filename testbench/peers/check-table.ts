/** Checks every row of a peer's table against a function of Windlass. */
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { type Table, refused } from './row.js'

/**
 * Checks a table. `meaning` returns the meaning of an input in the words of the table; a WindlassError is a refusal.
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
