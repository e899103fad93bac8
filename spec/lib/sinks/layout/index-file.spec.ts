import { readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeIndex } from '../../../../lib/sinks/layout/index-file.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
const path = join(directory, 'index.json')
const textOf = (...names: string[]): string => `${JSON.stringify({ schemaVersion: 2, manifests: names })}\n`

describe('the list of images of a layout', () => {
  it.each<[string, (text: string) => void]>([
    [
      'with a new file',
      (text) => {
        writeFileSync(`${path}.new`, text)
        renameSync(`${path}.new`, path)
        utimesSync(path, 1, 1)
      },
    ],
    [
      'in place, to another size',
      (text) => {
        writeFileSync(path, `${text}\n`)
        utimesSync(path, 1, 1)
      },
    ],
    ['in place, with the same size', (text) => writeFileSync(path, text)],
  ])('is changed again if another tool changes it meanwhile %s', async (_, write) => {
    writeFileSync(path, textOf('a'))
    utimesSync(path, 1, 1)
    let attempts = 0
    await changeIndex(directory, ({ entries }) => {
      if (++attempts === 1) write(textOf('b'))
      return textOf(...(entries as string[]), 'ours')
    })
    expect(readFileSync(path, 'utf8')).toBe(textOf('b', 'ours'))
    expect([attempts, statSync(path).isFile()]).toEqual([2, true])
  })
})
