import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { describeHolder, findLockHolder, holderHint } from '../../../../lib/store/locks/lock-holder.js'
import { locksAvailable } from '../../../../lib/system/index.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

describe('the holder of a lock', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'lock')

  it.skipIf(!locksAvailable())('is the process that the kernel names, whatever the file says', async () => {
    const lock = (await FileLock.take(path))!
    await lock.write('process 1')
    expect(await findLockHolder(path)).toEqual({ pid: process.pid, stopped: false })
    await lock.release()
  })

  it('is otherwise the process that the file names', async () => {
    writeFileSync(path, `process ${process.pid}`)
    expect(await findLockHolder(path)).toEqual({ pid: process.pid, stopped: false })
  })

  it('is unknown if neither names one, or the file cannot be read', async () => {
    const unknown = { pid: undefined, stopped: false }
    for (const text of ['', 'process', 'a process 12', 'process 12 and more']) {
      writeFileSync(path, text)
      expect(await findLockHolder(path), text).toEqual(unknown)
    }
    mkdirSync(join(directory, 'below'))
    for (const name of ['none', 'below']) expect(await findLockHolder(join(directory, name))).toEqual(unknown)
    expect(await findLockHolder(join(path, 'below'))).toEqual(unknown)
    writeFileSync(path, 'process 12')
    chmodSync(path, 0)
    expect(await asOrdinaryUser(() => findLockHolder(path))).toEqual(unknown)
    chmodSync(path, 0o600)
  })

  it.each([
    [
      { pid: undefined, stopped: false },
      'another process',
      'Find that process with fuser -v /lock, and wait',
    ],
    [{ pid: 12, stopped: false }, 'process 12', 'Wait until it ends, or end it with “kill 12”.'],
    [{ pid: 12, stopped: true }, 'process 12 (stopped)', 'Resume it with “kill -CONT 12”'],
    [{ pid: process.pid, stopped: false }, `this process (${process.pid})`, 'Wait until it ends'],
  ])('%j is described, and what to do about it', (holder, description, hint) => {
    expect(describeHolder(holder)).toBe(description)
    expect(holderHint(holder, '/lock')).toContain(hint)
  })
})
