/** Passes entries to two handlers. */
import type { EntryHandler } from '../tar/entry.js'

/**
 * Returns a handler that passes every entry to `first`, then to `second`. `second` is not called after `first` has
 * thrown.
 * @throws the errors of both
 */
export function teeEntries(first: EntryHandler, second: EntryHandler): EntryHandler {
  return {
    entry: (entry) => {
      first.entry(entry)
      second.entry(entry)
    },
    data: (chunk, offset) => {
      first.data(chunk, offset)
      second.data(chunk, offset)
    },
    end: () => {
      first.end()
      second.end()
    },
  }
}
