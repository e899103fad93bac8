import { describe, expect, it } from 'vitest'
import { teeEntries } from '../../../../lib/archive/entries/tee-entries.js'
import type { EntryHandler } from '../../../../lib/archive/tar/entry.js'
import { file } from '../../../support/archive/scratch.js'

type Call = keyof EntryHandler
const calls: readonly Call[] = ['entry', 'data', 'end']

/** A handler that records its calls in `log`, and throws in the call `failing`. */
const handler = (name: string, log: unknown[], failing?: Call): EntryHandler => {
  const record = (call: Call, ...values: unknown[]): void => {
    log.push([name, call, ...values])
    if (call === failing) throw new Error(`${name} failed`)
  }
  return {
    entry: (entry) => record('entry', entry.path),
    data: (chunk, offset) => record('data', chunk.toString(), offset),
    end: () => record('end'),
  }
}
const pass = (to: EntryHandler): void => {
  to.entry(file('a'))
  to.data(Buffer.from('content'), 7)
  to.end()
}

describe('two handlers of entries', () => {
  it('receive the same calls, the first one first', () => {
    const log: unknown[] = []
    pass(teeEntries(handler('first', log), handler('second', log)))
    expect(log).toEqual([
      ['first', 'entry', 'a'],
      ['second', 'entry', 'a'],
      ['first', 'data', 'content', 7],
      ['second', 'data', 'content', 7],
      ['first', 'end'],
      ['second', 'end'],
    ])
  })

  it.each(calls)(
    'end with a failure of the first one in `%s`, of which the second one hears nothing',
    (call) => {
      const log: unknown[] = []
      expect(() => pass(teeEntries(handler('first', log, call), handler('second', log)))).toThrow(
        'first failed',
      )
      expect(log.at(-1)).toEqual(expect.arrayContaining(['first', call]))
    },
  )

  it.each(calls)('end with a failure of the second one in `%s`', (call) => {
    const log: unknown[] = []
    expect(() => pass(teeEntries(handler('first', log), handler('second', log, call)))).toThrow(
      'second failed',
    )
    expect(log.at(-1)).toEqual(expect.arrayContaining(['second', call]))
  })
})
