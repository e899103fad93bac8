import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { streamRange } from '../../../lib/bytes/file-range.js'
import { openPaths } from '../../support/open-paths.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('a part of an open file', () => {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, '0123456789')
  const range = { start: 2, size: 5 }
  const opened = (): number => openSync(path, 'r')
  const isOpen = (): boolean => openPaths().includes(path)

  it.each([
    [0, 5, '23456'],
    [1, 3, '345'],
    [3, 100, '56'],
    [5, 1, ''],
    [9, 1, ''],
    [0, 0, ''],
  ])(
    'begins in the range and ends with it: from %d, %d bytes; its end closes the file',
    async (from, length, seen) => {
      expect(await text(streamRange({ ...range, fd: opened() }, from, length))).toBe(seen)
      await vi.waitFor(() => expect(isOpen()).toBe(false))
    },
  )

  it('leaves the file open if it is asked to, also for an empty part and when it is destroyed', async () => {
    const fd = opened()
    const kept = { ...range, fd, keepOpen: true }
    for (const [from, length, seen] of [
      [0, 5, '23456'],
      [5, 1, ''],
      [1, 2, '34'],
    ] as const)
      expect(await text(streamRange(kept, from, length))).toBe(seen)
    const stopped = streamRange(kept, 0, 5)
    await new Promise((resolve) => stopped.once('close', resolve).destroy())
    expect(isOpen()).toBe(true)
    closeSync(fd)
    expect(isOpen()).toBe(false)
  })

  it('is destroyed, and the file closed, when the signal aborts', async () => {
    const stop = new AbortController()
    const reading = buffer(streamRange({ ...range, fd: opened() }, 0, 5, stop.signal))
    stop.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await vi.waitFor(() => expect(isOpen()).toBe(false))
  })
})
