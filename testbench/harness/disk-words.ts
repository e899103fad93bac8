/** Checks how a command reports a failure of the disk. */
import { expect } from 'vitest'
import type { Said } from './small-disk.js'

/** Expects exit code 7, the message `line`, a hint that matches `hint`, and no other output. */
export function expectReported({ exit, stdout, stderr }: Said, line: RegExp, hint: RegExp): void {
  expect([exit, stdout], stderr).toEqual([7, ''])
  const [told = '', helps = '', ...more] = stderr.trimEnd().split('\n')
  expect(told).toMatch(/^windlass: /)
  expect(told).toMatch(line)
  expect(helps).toMatch(/^ {2}\S.*\.$/)
  expect(helps).toMatch(hint)
  expect(more).toEqual([])
}
