/** That a command said in one clear line what the disk did to it. */
import { expect } from 'vitest'
import type { Said } from './small-disk.js'

/** It ended with 7 and said `line`, then a hint that matches `hint`, and nothing else. */
export function expectTold({ exit, stdout, stderr }: Said, line: RegExp, hint: RegExp): void {
  expect([exit, stdout], stderr).toEqual([7, ''])
  const [told = '', helps = '', ...more] = stderr.trimEnd().split('\n')
  expect(told).toMatch(/^windlass: /)
  expect(told).toMatch(line)
  expect(helps).toMatch(/^ {2}\S.*\.$/)
  expect(helps).toMatch(hint)
  expect(more).toEqual([])
}
