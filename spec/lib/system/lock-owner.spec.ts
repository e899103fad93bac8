/** Finds the process that holds a lock in the text of /proc/locks. */
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isStopped, parseLockOwner } from '../../../lib/system/lock-owner.js'

describe('the owner of a lock', () => {
  const locks = [
    '1: POSIX  ADVISORY  READ 11 00:2f:7 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 12 fe:01:7 0 EOF',
    '2: -> FLOCK  ADVISORY  WRITE 13 fe:01:7 0 EOF',
    '3: FLOCK  ADVISORY  READ 14 00:2f:7 0 EOF',
    '4: FLOCK  ADVISORY  WRITE 0 00:2f:8 0 EOF',
    '5: FLOCK  ADVISORY  WRITE 15 103:01:9 0 EOF',
    '',
  ].join('\n')

  it.each([
    ['of the file, by its device', { dev: 0xfe01n, ino: 7n }, 12],
    ['of the file, by another device', { dev: 0x2fn, ino: 7n }, 14],
    ['of a device with a large number', { dev: 0x10301n, ino: 9n }, 15],
    ['of the only lock with that number, whatever device stat(2) says', { dev: 0x99n, ino: 9n }, 15],
    ['nobody, where several devices could be meant', { dev: 0x99n, ino: 7n }, undefined],
    ['nobody, where it is in another container', { dev: 0x2fn, ino: 8n }, undefined],
    ['nobody, where there is no lock', { dev: 0x2fn, ino: 70n }, undefined],
  ])('is that %s', (_title, file, pid) => {
    expect(parseLockOwner(locks, file)).toBe(pid)
  })

  it('is not stopped where it runs, nor where it is gone', () => {
    expect([isStopped(process.pid), isStopped(2 ** 30)]).toEqual([false, false])
  })

  it('is stopped by a signal, whatever its program is called', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'windlass-stopped-'))
    // /proc has the state after the name: `1 (a) T b) S …`.
    const program = join(directory, 'a) T b')
    copyFileSync(execFileSync('which', ['sleep'], { encoding: 'utf8' }).trim(), program)
    const child = spawn(program, ['60'])
    onTestFinished(() => {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true })
    })
    const pid = child.pid!
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toBe('a) T b\n'))
    expect(isStopped(pid)).toBe(false)
    process.kill(pid, 'SIGSTOP')
    await vi.waitFor(() => expect(isStopped(pid)).toBe(true))
  })
})
