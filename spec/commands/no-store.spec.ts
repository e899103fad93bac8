/** Commands that only look into a store, where there is none. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../support/workbench.js'
import { windlass } from '../support/cli/test-terminal.js'

describe('a store that does not exist', () => {
  const bench = new Workbench()

  it.each([
    ['images', [], 'NAME  ID  SIZE  SHARED  PLATFORMS  AGE  USED\n'],
    ['images', ['--json'], '[]\n'],
  ] as const)('has no images, and %s %j says that there is none', async (command, words, out) => {
    const store = bench.path()
    const seen = await windlass([command, '--store', store, ...words])
    expect(seen).toMatchObject({ code: 0, out })
    expect(seen.err).toBe(`windlass: warning: There is no store at ${store}\n`)
    expect(existsSync(store)).toBe(false)
  })

  it.each([
    ['verify', []],
    ['verify', ['--repair']],
    ['gc', []],
    ['gc', ['--dry-run']],
    ['rm', ['alpine']],
    ['rm', ['--json', 'alpine']],
  ] as const)('is not made by %s %j, which ends with 7', async (command, words) => {
    const store = bench.path()
    const seen = await windlass([command, '--store', store, ...words])
    expect(seen.code).toBe(7)
    expect(seen.err).toContain(`windlass: There is no store at ${store}\n  Create one with`)
    expect(existsSync(store)).toBe(false)
  })

  it('is not made in a directory that has something else', async () => {
    const store = bench.path()
    await mkdir(store)
    await writeFile(join(store, 'mine'), '')
    expect((await windlass(['images', '--store', store])).code).toBe(0)
    expect((await windlass(['gc', '--store', store])).code).toBe(7)
    expect(await readdir(store)).toEqual(['mine'])
  })

  it('is not called missing where a link stands in its place that leads to nothing', async () => {
    const store = bench.path()
    await symlink(bench.path(), store)
    const seen = await windlass(['images', '--store', store])
    expect(seen.code).toBe(7)
    expect(seen.err).toContain('is a symbolic link to a path that does not exist')
  })

  it('is not made by inspect', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['base']))
    const store = bench.path()
    const inspect = ['inspect', '--platform', 'linux/amd64', '--store', store]
    expect((await windlass([...inspect, `${registry.host}/app:1`])).code).toBe(0)
    expect((await windlass([...inspect, `sha256:${'0'.repeat(64)}`])).code).not.toBe(0)
    expect(existsSync(store)).toBe(false)
  })

  it('is made by a pull, also while its images are asked for', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'app', '1', imageOf(['base']))
    const warnings: string[] = []
    const puller = await bench.puller({ onWarning: (_message, code) => warnings.push(code) })
    const images = puller.images()
    const pull = puller.pull(`${registry.host}/app:1`, { platform: 'linux/amd64' })
    expect(await images).toEqual([])
    await pull.done
    expect(await puller.images()).toHaveLength(1)
    expect(warnings.filter((code) => code !== 'no-store')).toEqual([])
  })
})
