import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/index.js'
import {
  blobDirectory,
  blobSize,
  prepareLayout,
  syncBlobs,
} from '../../../../lib/sinks/layout/layout-directory.js'
import { failure } from '../../../support/failure.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const home = temporaryDirectory()
let made = 0
/** A directory with the given files. */
function directoryWith(files: Readonly<Record<string, string>> = {}): string {
  const directory = join(home, String(++made))
  mkdirSync(directory)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

describe('the directory of a layout', () => {
  it('is marked as a layout last, so that it has a list of images then', async () => {
    const directory = directoryWith()
    const calls = diskCalls(directory)
    await prepareLayout(directory)
    const at = (name: string): number => calls.findIndex((call) => call.endsWith(` ${name}`))
    expect(at('index.json')).toBeGreaterThan(calls.indexOf('mkdir blobs'))
    expect(at('oci-layout')).toBeGreaterThan(at('index.json'))
    expect(readdirSync(directory).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('may be one that lacks oci-layout, which is added, and keeps what it has', async () => {
    const list = '{"schemaVersion":2,"manifests":[],"mine":1}'
    const directory = directoryWith({ 'index.json': list, 'notes.txt': 'notes' })
    await prepareLayout(directory)
    await prepareLayout(directory)
    expect(readFileSync(join(directory, 'index.json'), 'utf8')).toBe(list)
    expect(readFileSync(join(directory, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}')
  })

  it('may have what a killed process left, which is removed', async () => {
    const directory = directoryWith({ '.windlass-killed': 'half' })
    await prepareLayout(directory)
    expect(existsSync(join(directory, '.windlass-killed'))).toBe(false)
  })

  it('is not one of an unknown version, and an error says which file is wrong', async () => {
    for (const [text, why] of [
      ['{}', 'its version is missing'],
      ['null', 'its version is missing'],
      ['{"imageLayoutVersion":1}', 'its version is missing'],
      ['{', 'it is not JSON'],
    ] as const)
      expect(await failure(prepareLayout(directoryWith({ 'oci-layout': text }))), text).toMatchObject({
        ...{ code: 'STORE_CORRUPT', message: expect.stringMatching(`oci-layout: ${why}$`) as string },
      })
    const linked = directoryWith()
    symlinkSync('elsewhere', join(linked, 'oci-layout'))
    expect((await failure(prepareLayout(linked))).message).toContain('oci-layout: it is a symbolic link')
  })

  it('is not prepared after the signal aborted', async () => {
    const directory = directoryWith()
    await expect(prepareLayout(directory, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('the blobs of a layout', () => {
  it('have directories that are made as needed, each on the disk with its name', async () => {
    const directory = directoryWith()
    const calls = diskCalls(directory)
    expect(await blobDirectory(directory, 'sha512')).toBe(join(directory, 'blobs', 'sha512'))
    expect(calls).toEqual(['mkdir blobs', 'sync .', 'mkdir blobs/sha512', 'sync blobs'])
    await blobDirectory(directory, 'sha256')
    calls.length = 0
    writeFileSync(join(directory, 'blobs', 'notes'), '')
    await syncBlobs(directory)
    expect(calls.toSorted()).toEqual(['sync blobs/sha256', 'sync blobs/sha512'])
  })

  it('have no size if they are not regular files, or missing', async () => {
    const directory = directoryWith()
    const blob = Buffer.from('blob')
    const digest = digestOf(blob)
    expect(await blobSize(directory, digest)).toBeUndefined()
    const path = join(await blobDirectory(directory, 'sha256'), digest.slice('sha256:'.length))
    mkdirSync(path)
    expect(await blobSize(directory, digest)).toBeUndefined()
    writeFileSync(join(directory, 'blobs', 'sha384'), '')
    expect((await failure(blobDirectory(directory, 'sha384'))).message).toContain('it is not a directory')
  })
})
