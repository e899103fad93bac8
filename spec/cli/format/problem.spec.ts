/** The errors about templates. */
import { describe, expect, it } from 'vitest'
import { templateError } from '../../../cli/format/problem.js'

describe('an error about a template', () => {
  it('names the position, and shows what follows without control characters', () => {
    const { message, code } = templateError(`ab\u001b[2J${'x'.repeat(99)}`, 2, 'no')
    expect(code).toBe('USAGE')
    expect(message).toMatch(
      /^The template of --format is not valid at character 3, before "[ -~]{4,40}": no$/,
    )
    expect(message).not.toContain('x'.repeat(40))
    expect(templateError('ab', 2, 'no').message).toContain('not valid at its end: no')
  })
})
