import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { changeIndex, readIndex } from '../../../../lib/sinks/layout/index-file.js'
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

  it('is given up if another tool keeps changing it', async () => {
    writeFileSync(path, textOf('a'))
    let attempts = 0
    const changing = changeIndex(directory, () => {
      writeFileSync(path, textOf(...Array.from({ length: ++attempts }, String)))
      return textOf('ours')
    })
    await expect(changing).rejects.toMatchObject({
      ...{
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('another tool keeps changing it') as string,
      },
    })
    expect(attempts).toBe(100)
    expect(readFileSync(path, 'utf8')).not.toContain('ours')
  })

  it('is not changed after the signal aborted', async () => {
    const change = vi.fn(() => textOf('ours'))
    await expect(changeIndex(directory, change, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(change).not.toHaveBeenCalled()
  })

  it('may be missing, but is never something else than a list in a file', async () => {
    rmSync(path)
    expect(await readIndex(directory)).toBeUndefined()
    await changeIndex(directory, ({ entries }) => textOf(...(entries as string[]), 'ours'))
    expect((await readIndex(directory))?.entries).toEqual(['ours'])
    rmSync(path)
    mkdirSync(path)
    await expect(readIndex(directory)).rejects.toMatchObject({ code: 'STORE_CORRUPT', subject: { path } })
    rmSync(path, { recursive: true })
  })
})
