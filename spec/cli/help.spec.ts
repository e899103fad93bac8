import { describe, expect, it } from 'vitest'
import { commands } from '../../cli/commands/index.js'
import { description, epilogue } from '../../cli/help.js'
import { optionGroups } from '../../cli/setup/option-groups.js'
import { windlass } from '../support/cli/test-terminal.js'

describe('the help', () => {
  it('says what the program is, and what is common to the commands', async () => {
    const { out } = await windlass(['--help'])
    expect(out).toContain(description)
    expect(out).toContain(epilogue)
  })

  it.each(['', ...commands.map(({ name }) => name)])(
    'of “windlass %s” fits into 80 columns',
    async (name) => {
      const { out } = await windlass([...(name === '' ? [] : [name]), '--help'])
      expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
    },
  )

  it('groups the options of every command', async () => {
    const { out } = await windlass(['pull', '--help'])
    const headings = out.split('\n').filter((line) => /^\S.*:$/.test(line))
    expect(headings.slice(0, 2)).toEqual(['Arguments:', 'Options:'])
    expect(headings.slice(2, -1).sort()).toEqual(Object.values(optionGroups).sort())
    expect(headings.at(-1)).toBe('Examples:')
  })
})
