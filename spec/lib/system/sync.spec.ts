import { closeSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { systemCallsAvailable, syncFileSystem, syncFileSystemAsync } from '../../../lib/system/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe.skipIf(!systemCallsAvailable())('syncFileSystem', () => {
  const directory = temporaryDirectory()

  it('accepts any descriptor of the file system, and rejects an invalid one', async () => {
    const fd = openSync(directory, 'r')
    syncFileSystem(fd)
    await syncFileSystemAsync(fd)
    closeSync(fd)
    expect(() => {
      syncFileSystem(9999)
    }).toThrow(/EBADF/)
  })

  it('reports the error of the other thread, whatever this thread does meanwhile', async () => {
    const failing = Array.from({ length: 20 }, () => syncFileSystemAsync(9999))
    for (const each of await Promise.allSettled(failing))
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'EBADF', syscall: 'syncfs' } })
  })
})
