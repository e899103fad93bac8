/** The values that are offered for an option. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { optionValues } from '../../../cli/completion/option-values.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()
mkdirSync(join(directory, 'dir'))
writeFileSync(join(directory, 'file'), '')
const values = (flags: string, prefix: string, value: string) => {
  const { kind, candidates } = optionValues(new Option(flags), prefix, value)
  return [kind, candidates.map((each) => each.value)]
}

describe('the values of an option', () => {
  it('are its choices, behind the part of the word that stays', () => {
    const option = new Option('--x <y>').choices(['ab', 'ac', 'b'])
    expect(optionValues(option, '--x=', 'a').candidates).toEqual([{ value: '--x=ab' }, { value: '--x=ac' }])
  })

  it('follow from its placeholder', () => {
    expect(values('--x <file>', '', 'a')).toEqual(['files', []])
    expect(values('--x <dir>', '', 'a')).toEqual(['directories', []])
    expect(values('--x <n|auto>', '', '')).toEqual(['words', ['auto']])
    expect(values('--x <os/arch[/variant]>', '', 'linux/arm/')).toEqual([
      'words',
      ['linux/arm/v7', 'linux/arm/v6'],
    ])
    expect(values('--x <name=value>', '', 'layerBy')).toEqual(['nospace', ['layerBytes=']])
    expect(values('--x <else>', '', '')).toEqual(['words', []])
    expect(values('--via [file]', '', '')).toEqual(['files', []])
  })

  it('are paths behind the name of the option, which a shell cannot list', () => {
    const start = `${directory}/`
    expect(values('--x <file>', '--x=', start)).toEqual([
      ...['nospace', [`--x=${start}dir/`, `--x=${start}file`]],
    ])
    expect(values('--x <dir>', '--x=', start)).toEqual(['nospace', [`--x=${start}dir/`]])
  })
})
