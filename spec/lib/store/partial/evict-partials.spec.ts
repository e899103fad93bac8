import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type Digest, parseDigest } from '../../../../lib/image/index.js'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { listInterrupted, removePartials } from '../../../../lib/store/partial/evict-partials.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const digestOf = (letter: string): Digest => parseDigest(`sha256:${letter.repeat(64)}`)

describe('the interrupted downloads', () => {
  const home = temporaryDirectory()
  let made = 0
  /** A directory of downloads of these sizes, the oldest first. */
  function directoryWith(...downloads: readonly (readonly [letter: string, bytes: number])[]) {
    const directory = join(home, String(++made))
    const folder = join(directory, 'sha256')
    mkdirSync(folder, { recursive: true })
    for (const [at, [letter, bytes]] of downloads.entries()) {
      const path = join(folder, letter.repeat(64))
      writeFileSync(path, Buffer.alloc(bytes))
      writeFileSync(`${path}.json`, '{}')
      utimesSync(path, at + 1, at + 1)
    }
    const left = () => [...new Set(readdirSync(folder).map((name) => name[0]))].sort().join('')
    const lockOf = (letter: string): string => join(folder, `${letter.repeat(64)}.lock`)
    return { directory, folder, left, lockOf }
  }
  const removed = (directory: string, options: Parameters<typeof removePartials>[1]) =>
    removePartials(directory, options).then((all) => all.map(({ digest }) => digest.at(-1)).join(''))

  it('are removed with their journals, the oldest first, until the rest has at most the size', async () => {
    const { directory, folder, left } = directoryWith(['a', 10], ['b', 20], ['c', 30])
    expect(await removePartials(directory, { keepBytes: 50 })).toEqual([{ digest: digestOf('a'), bytes: 10 }])
    expect(await removed(directory, { keepBytes: 49 })).toBe('b')
    expect(left()).toBe('c')
    expect(readdirSync(folder).sort()).toEqual(['c'.repeat(64), `${'c'.repeat(64)}.json`])
  })

  it('are not removed by a dry run, nor while they are active', async () => {
    const { directory, left, lockOf } = directoryWith(['a', 10], ['b', 20])
    expect(await removed(directory, { keepBytes: 0, dryRun: true })).toBe('ba')
    const lock = await FileLock.take(lockOf('a'))
    expect(await removed(directory, { keepBytes: 0, dryRun: true })).toBe('b')
    expect(await removed(directory, { keepBytes: 0 })).toBe('b')
    expect(left()).toBe('a')
    await lock?.release({ remove: true })
  })

  it('that a process is about to continue stay, unless they are empty; empty ones are not told', async () => {
    const { directory, left } = directoryWith(['a', 10], ['b', 0], ['c', 0])
    const wanted = new Set([digestOf('a'), digestOf('b')])
    expect(await removed(directory, { keepBytes: 0, wanted })).toBe('')
    expect(left()).toBe('a')
  })

  it('are removed from a full disk without a lock, which none can have then', async () => {
    const { directory, folder } = directoryWith(['a', 10])
    const take = vi.spyOn(FileLock, 'take')
    try {
      take.mockRejectedValueOnce(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }))
      expect(await removed(directory, { keepBytes: 0 })).toBe('a')
      expect(readdirSync(folder)).toEqual([])
    } finally {
      take.mockRestore()
    }
  })

  it('are listed by any of their files, and nothing else is', async () => {
    const { directory, folder } = directoryWith(['a', 10])
    writeFileSync(join(folder, `${'b'.repeat(64)}.lock`), '')
    writeFileSync(join(folder, 'notes.txt'), 'x')
    writeFileSync(join(directory, 'readme'), 'x')
    expect((await listInterrupted(directory)).map(({ digest, bytes }) => [digest, bytes]).sort()).toEqual([
      [digestOf('a'), 10],
      [digestOf('b'), 0],
    ])
    expect(await listInterrupted(join(directory, 'none'))).toEqual([])
  })
})
