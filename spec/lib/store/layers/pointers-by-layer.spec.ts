import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { invalidPointers } from '../../../../lib/store/layers/pointers-by-layer.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('invalidPointers', () => {
  it('reports a directory that cannot be read as an error of the store, with its path and a hint', async () => {
    const store = temporaryDirectory()
    await mkdir(join(store, 'layers'))
    const path = join(store, 'layers', 'by-blob')
    await symlink('by-blob', path)
    await expect(invalidPointers(store)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(path) as string,
      hint: expect.stringContaining(path) as string,
    })
  })

  it('finds nothing in a store without layers', async () => {
    expect(await invalidPointers(temporaryDirectory())).toEqual([])
  })
})
