/** A pull beside another process that was stopped in the middle of its own, and an unpacking that was killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { faults, startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { locksAvailable } from '../../lib/system/index.js'
import { runWindlass } from '../../testbench/harness/command-line.js'
import { workspace } from '../../testbench/harness/workspace.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const platform = ['--platform', 'linux/amd64']
const image = buildImage({ layers: [{ entries: [{ path: 'etc/motd', content: 'hello'.repeat(5_000) }] }] })
const large = buildImage({
  layers: [
    {
      entries: Array.from({ length: 4_000 }, (_, at) => ({
        path: `files/${at}`,
        content: `${at}`.repeat(500),
      })),
    },
  ],
})

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, stdio: 'ignore' })

describe.skipIf(!locksAvailable())('beside a process that was stopped', () => {
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await startRegistry()
    await putImage(registry, 'app', '1', image)
    await runWindlass(['--version']) // builds
  })
  afterAll(() => registry.close())

  it('in the middle of a download, another pull says so and brings the image by itself', async () => {
    const { store } = await workspace()
    const { digest } = image.layers[0]!
    registry.addFault(faults.stall(20, { reference: digest, times: 1 }))
    const args = ['--store', store, ...platform, `${registry.host}/app:1`]
    const stopped = start('pull', '-q', ...args)
    const partial = join(store, 'partial', ...digest.split(':'))
    // The fault is for the first request of the layer: it has to be the stopped one's.
    const asked = (): boolean => registry.requests.some(({ reference }) => reference === digest)
    while (!existsSync(`${partial}.lock`) || !asked()) await delay(20)
    stopped.kill('SIGSTOP')
    const began = performance.now()
    const { exit, stderr } = await runWindlass(['pull', '--progress', 'plain', ...args])
    expect(exit, stderr).toBe(0)
    expect(performance.now() - began).toBeLessThan(55_000)
    expect(stderr).toContain(
      `Warning: Waiting for process ${stopped.pid} (stopped), which is downloading ${digest}`,
    )
    expect(stderr).toMatch(
      /Warning: Downloading .* separately: process \d+ \(stopped\) has the download and made no progress for 1\d seconds/,
    )
    stopped.kill('SIGCONT')
    stopped.kill('SIGKILL')
    await once(stopped, 'exit')
    expect((await runWindlass(['verify', '--store', store])).exit).toBe(0)
    expect((await runWindlass(['gc', '--store', store])).exit).toBe(0)
    expect(readdirSync(join(store, 'staging'))).toEqual([])
  }, 120_000)

  it('while it held the lock of the store, a command that waits hears Ctrl-C at once', async () => {
    const { store } = await workspace()
    expect(
      (await runWindlass(['pull', '-q', '--store', store, ...platform, `${registry.host}/app:1`])).exit,
    ).toBe(0)
    const holder = spawn(
      process.execPath,
      ['--import', 'tsx', 'spec/support/store/children/hold-lock.ts', store],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    await once(holder.stdout, 'data')
    holder.kill('SIGSTOP')
    let interrupted = Infinity
    const { exit, stderr } = await runWindlass(['rm', '--store', store, `${registry.host}/app:1`], {
      onStart: (child) =>
        setTimeout(() => {
          interrupted = performance.now()
          child.kill('SIGINT')
        }, 4_500),
    })
    expect(performance.now() - interrupted).toBeLessThan(10_000)
    expect(exit).toBe(130)
    expect(stderr).toContain(`Waiting for the lock of the store, which process ${holder.pid} (stopped) holds`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
  }, 60_000)

  it('or killed while it built a tree, nothing of that stays beside the target', async () => {
    await putImage(registry, 'large', '1', large)
    const { store, path } = await workspace()
    const name = `${registry.host}/large:1`
    expect((await runWindlass(['pull', '-q', '--store', store, ...platform, name])).exit).toBe(0)
    const parent = path('trees')
    await mkdir(parent)
    let left = 0
    for (let at = 0; at < 10; at++) {
      const child = start('unpack', '-q', '--store', store, ...platform, name, join(parent, 'tree'))
      // Not before it has begun, and then at any moment.
      while (readdirSync(parent).length === 0) await delay(2)
      await delay(Math.random() * 150)
      child.kill('SIGKILL')
      await once(child, 'exit')
      if (readdirSync(parent).some((each) => each.startsWith('.'))) left++
      // Every other time the next one that builds there finds it, else the store does.
      if (at % 2 === 0) expect((await runWindlass(['gc', '--store', store])).exit).toBe(0)
      if (at % 2 === 0) expect(readdirSync(parent).filter((each) => each.startsWith('.'))).toEqual([])
      if (existsSync(join(parent, 'tree'))) break
    }
    expect(left).toBeGreaterThan(0)
    const other = path('other')
    const target = existsSync(join(parent, 'tree')) ? join(parent, 'more') : join(parent, 'tree')
    expect((await runWindlass(['unpack', '-q', '--store', other, ...platform, name, target])).exit).toBe(0)
    expect(await readFile(join(target, 'files/7'), 'utf8')).toBe('7'.repeat(500))
    await runWindlass(['images', '--store', store])
    expect(readdirSync(parent).filter((each) => each.startsWith('.'))).toEqual([])
  }, 180_000)
})
