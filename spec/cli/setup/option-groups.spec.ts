import { Command } from 'commander'
import { expect, it } from 'vitest'
import { inGroup } from '../../../cli/setup/option-groups.js'

it('adds options below a heading, and later ones below none', () => {
  const command = new Command('x')
  command.option('--a', 'one')
  inGroup(command, 'store', (group) => group.option('--b', 'two'))
  command.option('--c', 'three')
  expect(command.helpInformation()).toMatch(/Options:\n +--a [^]*--c [^]*Store:\n +--b /)
})
