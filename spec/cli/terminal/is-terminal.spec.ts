/** Which streams are terminals. */
import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isTerminal } from '../../../cli/terminal/is-terminal.js'

const opened = (path: string): boolean => {
  const descriptor = openSync(path, 'r')
  try {
    return isTerminal(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

describe('a stream', () => {
  it('that is a file or a device of memory is no terminal, nor is one that is closed', () => {
    for (const path of ['/dev/null', '/dev/zero', '/proc/self/status', '/']) expect(opened(path)).toBe(false)
    expect(isTerminal(9_999)).toBe(false)
  })
})
