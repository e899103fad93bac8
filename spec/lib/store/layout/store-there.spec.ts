import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasStoreFiles, isStoreAt } from '../../../../lib/store/layout/store-there.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('a directory', () => {
  const root = temporaryDirectory()
  let made = 0
  async function directoryWith(...names: string[]): Promise<string> {
    const directory = join(root, String(++made))
    await mkdir(directory)
    for (const name of names)
      if (name.endsWith('/')) await mkdir(join(directory, name))
      else await writeFile(join(directory, name), '')
    return directory
  }

  it.each([
    [['windlass.json'], true, true],
    [['index.json', 'blobs/'], true, true],
    [['oci-layout'], true, false],
    [['index.json'], false, false],
    [['blobs/'], false, false],
    [['index.json', 'blobs'], false, false],
    [[], false, false],
  ])('with %j is a store: %s, and has the files of one: %s', async (names, isStore, hasFiles) => {
    const directory = await directoryWith(...names)
    expect(await isStoreAt(directory)).toBe(isStore)
    expect(await hasStoreFiles(directory)).toBe(hasFiles)
  })

  it('that is something else counts as a store, so that opening it reports what it is', async () => {
    await writeFile(join(root, 'file'), '')
    await symlink('nowhere', join(root, 'dangling'))
    expect(await isStoreAt(join(root, 'file'))).toBe(true)
    expect(await isStoreAt(join(root, 'dangling'))).toBe(true)
    expect(await isStoreAt(join(root, 'none'))).toBe(false)
  })
})
