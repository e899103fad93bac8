import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { UnpackPool, compareTrees, describeTree } from '../../../../lib/archive/index.js'
import type { UnpackJobOptions } from '../../../../lib/archive/worker/pool.js'
import { RunHere } from '../../../../lib/archive/worker/run-here.js'
import type { Job } from '../../../../lib/archive/worker/task.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { failure } from '../../../support/failure.js'
import { openPaths } from '../../../support/open-paths.js'

let top: string
let blob: Buffer
let path: string
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-here-'))
  const source = join(top, 'source')
  mkdirSync(join(source, 'usr'), { recursive: true })
  for (let at = 0; at < 40; at++) writeFileSync(join(source, `usr/f${at}`), `${at}`.repeat(at * 97))
  blob = gzipSync(execFileSync('tar', ['--format=pax', '-c', '-C', source, 'usr']))
  path = join(top, 'blob')
  writeFileSync(path, blob)
})
afterAll(() => rmSync(top, { recursive: true, force: true }))

let made = 0
const into = (): string => join(top, `tree-${++made}`)
const threads = (): number => readdirSync('/proc/self/task').length
const job = (target: string, growing = false): Job => ({
  ...{ kind: 'unpack', growing, limits: defaultLimits, spare: false, entries: false },
  task: { path, into: target, whiteouts: 'overlay' },
})
const listener = { onProgress: () => undefined, onWarning: () => undefined }

describe('a job in the calling thread', () => {
  it('has the result and the tree that a thread gives, without starting one', async () => {
    const before = threads()
    const pool = new UnpackPool({ workers: 2 })
    const [here, there] = [into(), into()]
    const task = { path, whiteouts: 'overlay' } as const
    const ownResult = await pool.unpack({ ...task, into: here }, { size: blob.length })
    expect(threads()).toBe(before)
    const result = await pool.unpack({ ...task, into: there })
    expect(threads()).toBeGreaterThan(before)
    await pool.close()
    expect(ownResult).toEqual(result)
    expect(compareTrees(await describeTree(here), await describeTree(there))).toEqual([])
    expect(readFileSync(join(here, 'usr/f39'), 'utf8')).toBe('39'.repeat(39 * 97))
  })

  it('follows a blob that grows, and lets other work go on meanwhile', async () => {
    const growing = join(top, 'growing')
    writeFileSync(growing, blob.subarray(0, 100))
    const runner = new RunHere()
    const target = into()
    const running = runner.run(
      { ...job(target, true), task: { path: growing, into: target, whiteouts: 'overlay' } } as Job,
      listener,
    )
    runner.reportGrowth({ length: 100, final: false })
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    writeFileSync(growing, blob)
    runner.reportGrowth({ length: blob.length, final: true })
    expect(await running).toMatchObject({ entries: 41 })
  })

  it('stops when it is cancelled, and closes what it opened', async () => {
    const runner = new RunHere()
    const running = runner.run(job(into(), true), listener)
    runner.reportGrowth({ length: 50, final: false })
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    runner.cancel()
    expect(await failure(running)).toMatchObject({ code: 'CANCELLED' })
    expect(openPaths().filter((each) => each.startsWith(top))).toEqual([])
  })

  it('fails with the error of the job', async () => {
    const damaged = join(top, 'damaged')
    writeFileSync(damaged, blob.subarray(0, blob.length - 20))
    const target = into()
    const running = new RunHere().run(
      { ...job(target), task: { path: damaged, into: target, whiteouts: 'overlay' } } as Job,
      listener,
    )
    expect(await failure(running)).toMatchObject({ code: 'LAYER_INVALID' })
  })
})

describe('a pool without threads', () => {
  const unpackOf = (pool: UnpackPool, options: UnpackJobOptions) =>
    pool.unpack({ path, into: into(), whiteouts: 'overlay' }, options)

  it.each([
    ['entries are wanted', { size: 1, onEntry: () => undefined }],
    ['the blob is large', { size: 8 * 2 ** 20 + 1 }],
    ['nothing says how large the blob is', { size: undefined }],
  ])('starts a thread if %s', async (_, options) => {
    const pool = new UnpackPool({ workers: 1 })
    const before = threads()
    await unpackOf(pool, options)
    expect(threads()).toBeGreaterThan(before)
    await pool.close()
  })

  it('starts a thread for what exceeds the limit together with the jobs before', async () => {
    const pool = new UnpackPool({ workers: 2 })
    const before = threads()
    const half = { size: 4 * 2 ** 20 }
    await unpackOf(pool, half)
    await unpackOf(pool, half)
    expect(threads()).toBe(before)
    await unpackOf(pool, { size: 1 })
    expect(threads()).toBeGreaterThan(before)
    await pool.close()
  })

  it('starts none in advance for a few bytes, and some when they become many', async () => {
    const pool = new UnpackPool({ workers: 2 })
    const before = threads()
    pool.ready(3, 5 * 2 ** 20)
    pool.ready(3, 3 * 2 ** 20)
    expect(threads()).toBe(before)
    pool.ready(1, 1)
    await expect.poll(threads).toBeGreaterThan(before)
    await pool.close()
  })

  it('uses its threads once it has some', async () => {
    const here = vi.spyOn(RunHere.prototype, 'run')
    onTestFinished(() => here.mockRestore())
    const pool = new UnpackPool({ workers: 1 })
    await unpackOf(pool, { size: 1 })
    expect(here).toHaveBeenCalledTimes(1)
    pool.ready(1)
    await unpackOf(pool, { size: 1 })
    expect(here).toHaveBeenCalledTimes(1)
    await pool.close()
  })
})
