import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('the file that marks a store as an image layout', () => {
  const stores = new TemporaryStores()

  it.each([
    ['{', 'it states no version'],
    ['[]', 'it states no version'],
    ['{"imageLayoutVersion":"1.1.0"}', 'its version is "1.1.0" instead of 1.0.0'],
    [undefined, 'it states no version'],
  ])('is damaged if it is %j, and is written again', async (text, why) => {
    const store = await stores.open()
    const path = join(store.directory, 'oci-layout')
    expect(await store.layoutFault()).toBeUndefined()
    if (text === undefined) await rm(path)
    else await writeFile(path, text)
    const fault = (await store.layoutFault())!
    expect(fault).toEqual({ path, why })
    await store.repairLayout(fault)
    expect(await readFile(path, 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}\n')
    expect(await store.layoutFault()).toBeUndefined()
  })

  it('is not examined in a layout of another tool', async () => {
    const store = await stores.open()
    await writeFile(join(store.directory, 'oci-layout'), '{"imageLayoutVersion":"1.1.0"}')
    await rm(join(store.directory, 'windlass.json'))
    expect(await store.layoutFault()).toBeUndefined()
  })
})
