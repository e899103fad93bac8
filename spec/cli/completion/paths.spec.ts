/** Paths that a shell cannot list itself. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pathsBelow } from '../../../cli/completion/paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()
for (const name of ['b', 'a', '.hidden']) mkdirSync(join(directory, name))
writeFileSync(join(directory, 'file'), '')
symlinkSync('nowhere', join(directory, 'broken'))
const offered = (start: string, onlyDirectories = false): string[] =>
  pathsBelow('oci:', `${directory}/${start}`, onlyDirectories).candidates.map(({ value }) =>
    value.replace(`oci:${directory}/`, ''),
  )

describe('the paths that are offered', () => {
  it('are sorted, and directories end with a slash', () => {
    expect(offered('')).toEqual(['a/', 'b/', 'broken', 'file'])
    expect(offered('', true)).toEqual(['a/', 'b/'])
    expect(offered('f')).toEqual(['file'])
  })

  it('are hidden ones only if the word starts so', () => {
    expect(offered('.')).toEqual(['.hidden/'])
  })

  it('are none below a directory that cannot be read', () => {
    expect(offered('none/')).toEqual([])
    expect(offered('file/')).toEqual([])
    expect(pathsBelow('x', '', true)).toMatchObject({ kind: 'nospace' })
  })
})
