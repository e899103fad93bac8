/** Errors as lines for people. */
import { describe, expect, it } from 'vitest'
import { failureLines } from '../../../cli/terminal/failure.js'
import { WindlassError } from '../../../lib/errors.js'

const odd = 'x\u001b[2J'
const shown = 'x\\u{1b}[2J'

describe('an error', () => {
  it('has a line and a hint without control characters', () => {
    const error = new WindlassError('NETWORK', odd, { hint: odd })
    expect(failureLines(error)).toEqual([`windlass: ${shown}`, `  ${shown}`])
    expect(failureLines(new WindlassError('NETWORK', 'no'))).toEqual(['windlass: no'])
  })

  it('is followed by the stacks of itself and of all its causes, if that is asked for', () => {
    const root = Object.assign(new Error(odd), { stack: `Error: ${odd}\n    at root` })
    const middle = Object.assign(new Error('middle', { cause: root }), { stack: undefined })
    const error = new WindlassError('NETWORK', 'no', { cause: middle })
    const lines = failureLines(error, { debug: true })
    expect(lines.slice(-3)).toEqual(['  | middle', `  | Error: ${shown}`, '  |     at root'])
    expect(lines[1]).toMatch(/^ {2}\| .*no$/)
    expect(failureLines('text', { debug: true })).toHaveLength(1)
  })

  it('may be long, but not without an end', () => {
    const [line = ''] = failureLines(new WindlassError('NETWORK', 'x'.repeat(9_000)))
    expect(line.length).toBeGreaterThan(1_900)
    expect(line.length).toBeLessThan(2_100)
  })
})
