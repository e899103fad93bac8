import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readListedNames } from '../../../../lib/store/names/read-listed-names.js'
import { putNamed } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the listed names of a directory', () => {
  const stores = new TemporaryStores()

  it('are the entries of the store', async () => {
    const store = await stores.open()
    await putNamed(store, 'docker.io/library/a:1', '{}')
    expect(readListedNames(store.directory).map(({ name }) => name)).toEqual(['docker.io/library/a:1'])
  })

  it.each<[string, (index: string) => void]>([
    ['it has no index', () => undefined],
    ['its index is no index', (index) => writeFileSync(index, '{}')],
    ['its index is a directory', (index) => mkdirSync(index)],
  ])('are none if %s', (_, place) => {
    const directory = temporaryDirectory()
    place(join(directory, 'index.json'))
    expect(readListedNames(directory)).toEqual([])
  })
})
