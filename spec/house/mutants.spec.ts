/** The planted bugs of `npm run mutate`: each can be planted in the code as it is. */
import { describe, expect, it } from 'vitest'
import { check, modules, mutantsOf } from '../../scripts/support/mutants.mjs'

describe('the planted bugs', () => {
  it.each(modules)('of %s can be planted, and name specs that exist', async (module) => {
    const problems: string[] = []
    for (const mutant of await mutantsOf([module]))
      try {
        check(mutant)
      } catch (error) {
        problems.push(String(error))
      }
    expect(problems).toEqual([])
  })
})
