/** Checks how a command reports a failure of the disk. */
import { expect } from 'vitest'
import type { CommandOutput } from './small-disk.js'

/** Expects exit code 7, a message line and a hint line that match the patterns, and no other output. */
export function expectReported({ exit, stdout, stderr }: CommandOutput, message: RegExp, hint: RegExp): void {
  expect([exit, stdout], stderr).toEqual([7, ''])
  const [messageLine = '', hintLine = '', ...more] = stderr.trimEnd().split('\n')
  expect(messageLine).toMatch(/^windlass: /)
  expect(messageLine).toMatch(message)
  expect(hintLine).toMatch(/^ {2}\S.*\.$/)
  expect(hintLine).toMatch(hint)
  expect(more).toEqual([])
}
