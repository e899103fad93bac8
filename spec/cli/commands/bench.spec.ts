/** Tests the output of `windlass bench`, and that it removes its stores. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../../lib/testing/registry/index.js'
import { windlass } from '../../support/cli/test-terminal.js'

let registry: TestRegistry
let directory: string
beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1', tinyImage())
  directory = await mkdtemp(join(tmpdir(), 'windlass-bench-spec-'))
})
afterAll(async () => {
  await registry.close()
  await rm(directory, { recursive: true })
})

const bench = (...args: readonly string[]) =>
  windlass(['bench', '--under', directory, '--platform', 'linux/amd64', ...args])

describe('windlass bench', () => {
  it('prints a row for each setting and a recommendation, and leaves no store', async () => {
    const grid = ['--downloads', '1,2', '--unpacks', '1', '--runs', '2']
    const { code, out, err } = await bench(...grid, `${registry.host}/team/app:1`)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out.trimEnd().split('\n')
    expect(lines[2]).toMatch(/^DOWNLOADS +UNPACKS +SECONDS/)
    expect(lines[3]).toMatch(/^1 +1 +\d+\.\d\d +/)
    expect(lines[4]).toMatch(/^2 +1 +\d+\.\d\d +/)
    expect(lines.at(-1)).toMatch(/^Recommended: --max-downloads [12] --max-unpacks 1\. It /)
    expect(await readdir(directory)).toEqual([])
  })

  it('writes the report and its pictures with --out, and prints it with --json', async () => {
    const out = join(directory, 'out')
    const grid = ['--downloads', '1', '--unpacks', '1', '--runs', '1', '--no-unpack']
    const run = await bench(...grid, '--json', '--out', out, `${registry.host}/team/app:1`)
    expect((await readdir(out)).sort()).toEqual([
      'bench.json',
      'best-run.svg',
      'heat-map.svg',
      'worst-run.svg',
    ])
    expect(JSON.parse(await readFile(join(out, 'bench.json'), 'utf8'))).toEqual(JSON.parse(run.out))
    expect(JSON.parse(run.out)).toMatchObject({ recommended: { setting: { downloads: 1, unpacks: 1 } } })
    await rm(out, { recursive: true })
  })

  it.each([
    [['--downloads', '0'], 'numbers from 1 to 1000'],
    [['--downloads', '1,,2'], 'numbers from 1 to 1000'],
    [['--runs', '0'], 'a whole number from 1 to 100'],
    [['--budget', '5'], 'a number with a unit, such as 90s, 5m or 1h'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await bench(...args, 'a')
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('suggests another directory if no store can be created in the given one', async () => {
    const { code, err } = await windlass(['bench', '--under', join(directory, 'none'), 'a'])
    expect(code).toBe(7)
    expect(err).toContain('Failed to create a directory for the throw-away stores in')
    expect(err).toContain('Name a directory that this user may write to with --under')
  })

  it('ends with the error of the first pull, and leaves no store', async () => {
    expect(await bench(`${registry.host}/team/none:1`)).toMatchObject({ code: 4, out: '' })
    expect(await readdir(directory)).toEqual([])
  })
})
