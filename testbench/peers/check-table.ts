/** Runs every row of a peer's table against a function of ours. */
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import { type Table, refused } from './row.js'

/** `meaning` gives what we make of an input, in the words of the table; what it throws as a WindlassError is a refusal. */
export function checkTable<Given>(
  table: Table<Given>,
  meaning: (given: Given) => string | Promise<string>,
): void {
  describe(table.title, () => {
    it.each(table.rows)('$peer: $input', async ({ given, ours }) => {
      let seen: string
      try {
        seen = await meaning(given)
      } catch (error) {
        if (!(error instanceof WindlassError)) throw error
        seen = refused
      }
      expect(seen).toBe(ours)
    })
  })
}
