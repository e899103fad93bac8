import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { canRenameBetween } from '../../../../lib/store/files/mounts.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const memory = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/windlass-mounts-') : undefined
afterAll(() => memory !== undefined && rmSync(memory, { recursive: true }))

describe('two directories', () => {
  const directory = temporaryDirectory()
  const isElsewhere = memory !== undefined && statSync(memory).dev !== statSync(directory).dev

  it('of one mount have files that can be renamed from one to the other', async () => {
    mkdirSync(join(directory, 'below'))
    expect(await canRenameBetween(directory, join(directory, 'below'))).toBe(true)
    // Whatever is wrong with a directory, it is not that it is elsewhere.
    expect(await canRenameBetween(directory, join(directory, 'none'))).toBe(true)
  })

  it.runIf(isElsewhere)('of two mounts do not', async () => {
    expect(await canRenameBetween(directory, memory!)).toBe(false)
  })
})
