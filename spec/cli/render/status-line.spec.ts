/** The result of a pull or a copy as a line. */
import { describe, expect, it } from 'vitest'
import { copyLine, statusLine } from '../../../cli/render/status-line.js'

const name = 'a\u001b[2J'

describe('the line of a result', () => {
  it('says whether there was something new, without control characters', () => {
    expect(statusLine(name, 'newer')).toBe('Downloaded newer image for a\\u{1b}[2J')
    expect(statusLine(name, 'up-to-date')).toBe('Image is up to date for a\\u{1b}[2J')
    expect(copyLine({ from: name, name: 'b', status: 'newer' })).toBe('Copied a\\u{1b}[2J to b')
    expect(copyLine({ from: 'b', name, status: 'up-to-date' })).toBe('a\\u{1b}[2J is up to date with b')
    expect(copyLine({ from: name, name: 'b', status: 'up-to-date' })).toBe('b is up to date with a\\u{1b}[2J')
    expect(copyLine({ from: 'b', name, status: 'newer' })).toBe('Copied b to a\\u{1b}[2J')
  })
})
