import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  ProgramStopped,
  type ProgramRun,
  runProgram,
} from '../../../../../lib/registry/credentials/helper/run-program.js'
import { temporaryDirectory } from '../../../../support/temporary-directory.js'

const run = (script: string, more: Partial<ProgramRun> = {}) =>
  runProgram({
    ...{ path: '/bin/sh', args: ['-c', script], input: '', env: { PATH: '/usr/bin:/bin' } },
    ...{ timeout: 20_000, maxOutput: 1_000, ...more },
  })

describe('a program', () => {
  it('receives its input and environment, and returns its output and how it ended', async () => {
    const script = 'cat; echo "$A $PWD"; echo wrong >&2; exit 3'
    expect(await run(script, { input: 'in ', env: { A: 'b', PATH: '/usr/bin:/bin' } })).toEqual({
      ...{ exit: 3, signalName: null, stdout: 'in b /\n', stderr: 'wrong\n' },
    })
    expect(await run('kill -9 $$')).toMatchObject({ exit: null, signalName: 'SIGKILL' })
  })

  it('may end without reading its input', async () => {
    expect(await run('exit 0', { input: 'x'.repeat(500_000) })).toMatchObject({ exit: 0 })
  })

  it('may write as much as allowed, and is stopped if it writes more', async () => {
    const write = (bytes: number) => run(`head -c ${bytes} /dev/zero`)
    expect((await write(1_000)).stdout).toHaveLength(1_000)
    await expect(write(1_001)).rejects.toMatchObject({ reason: 'output' })
    const { stderr } = await run('head -c 9000 /dev/zero >&2')
    expect(stderr).toHaveLength(4 * 1024)
  })

  it('that is stopped receives SIGTERM first, so that it can clean up', async () => {
    const file = join(temporaryDirectory(), 'ended')
    const script = `trap 'echo cleaned > ${file}; exit 0' TERM; while :; do sleep 0.05; done`
    const before = performance.now()
    await expect(run(script, { timeout: 300 })).rejects.toMatchObject({ reason: 'timeout' })
    expect(performance.now() - before).toBeLessThan(1_200)
    expect(await readFile(file, 'utf8')).toBe('cleaned\n')
  })

  it('is not started for a signal that is aborted, and not at all if it does not exist', async () => {
    const file = join(temporaryDirectory(), 'started')
    await expect(run(`touch ${file}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      reason: 'aborted',
    })
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
    const missing = run('', { path: '/nowhere/program' })
    await expect(missing).rejects.toBeInstanceOf(ProgramStopped)
    await expect(missing).rejects.toMatchObject({ reason: 'start', cause: { code: 'ENOENT' } })
  })
})
