import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { assertReplaceable } from '../../../../lib/sinks/archives/replaceable.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { archiveOf, dockerSaveEntries, layoutEntries } from '../../../support/archive/image-archive.js'
import { failure } from '../../../support/failure.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
const at = (name: string): string => join(directory, name)
const image = tinyImage()

describe('a file that an archive may replace', () => {
  it('is missing, empty, or an archive of images, compressed or not', async () => {
    const layout = await archiveOf(layoutEntries([[image]]))
    writeFileSync(at('empty'), '')
    writeFileSync(at('layout.tar'), layout)
    writeFileSync(at('layout.tar.gz'), gzipSync(layout))
    writeFileSync(at('docker.tar'), await archiveOf(dockerSaveEntries(image, ['app:1'])))
    const before = openPaths()
    for (const name of ['missing', 'empty', 'layout.tar', 'layout.tar.gz', 'docker.tar'])
      await expect(assertReplaceable(at(name)), name).resolves.toBeUndefined()
    // The copy of a compressed archive is closed as well.
    expect(openPaths()).toEqual(before)
  })

  it('is nothing else', async () => {
    mkdirSync(at('directory'))
    execFileSync('mkfifo', [at('fifo')])
    writeFileSync(at('notes.txt'), 'notes')
    writeFileSync(at('sources.tar'), await archiveOf([['main.c', 'int main;']]))
    for (const [name, why] of [
      ['directory', 'it is a directory'],
      ['fifo', 'it is not a regular file'],
      ['notes.txt', 'it exists and is not an archive of images'],
      ['sources.tar', 'it exists and is not an archive of images'],
    ] as const)
      expect(await failure(assertReplaceable(at(name))), name).toMatchObject({
        ...{ code: 'USAGE', message: `Cannot write an archive to ${at(name)}: ${why}` },
        subject: { path: at(name) },
      })
  })

  it('is shown without control characters', async () => {
    writeFileSync(at('\x1b[2Jnotes'), 'notes')
    const { message } = await failure(assertReplaceable(at('\x1b[2Jnotes')))
    expect(message).not.toContain('\x1b')
  })
})
