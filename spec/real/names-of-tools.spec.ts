/** Names that umoci and skopeo give to images in a store of ours. */
import { spawnSync } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import { runWindlass } from '../../testbench/harness/command-line.js'
import { runTool } from '../../testbench/harness/run-tool.js'
import { skopeo } from '../../testbench/harness/skopeo.js'
import { workspace } from '../../testbench/harness/workspace.js'

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0
const image = buildImage({ layers: [{ entries: [{ path: 'etc/motd', content: 'hello' }] }] })
const platform = ['--platform', 'linux/amd64']

interface Tool {
  readonly tool: string
  /** Gives `name` to the image that the store has as `pulled`. */
  readonly tag: (store: string, pulled: string, name: string, copy: string) => Promise<unknown>
}

const tools: readonly Tool[] = [
  {
    tool: 'umoci',
    tag: (store, pulled, name) => runTool('umoci', ['tag', '--image', `${store}:${pulled}`, name]),
  },
  {
    tool: 'skopeo',
    tag: async (store, _pulled, name, copy) => {
      // Of a layout of its own: one and the same layout cannot be source and destination.
      await cp(store, copy, { recursive: true })
      await skopeo(['copy', `oci:${copy}`, `oci:${store}:${name}`])
    },
  },
]
const names = ['MyApp', 'v1.0', 'v1.0+build', 'UPPER_case.9']

describe.each(tools.filter(({ tool }) => has(tool)))('an image that $tool named', ({ tag }) => {
  let registry: TestRegistry
  beforeAll(async () => {
    registry = await startRegistry()
    await putImage(registry, 'app', '1', image)
  })
  afterAll(() => registry.close())

  it.each(names)('%s is listed, unpacked, inspected, verified and removed', async (name) => {
    const { store, path } = await workspace()
    const run = (command: string, ...words: string[]) => runWindlass([command, '--store', store, ...words])
    const pulled = `${registry.host}/app:1`
    expect((await run('pull', '-q', ...platform, pulled)).exit).toBe(0)
    await tag(store, pulled, name, path('copy'))
    expect((await run('images')).stdout).toContain(name)
    const root = path('root')
    expect(await run('unpack', '-q', ...platform, name, root)).toMatchObject({ exit: 0 })
    expect(await readFile(`${root}/etc/motd`, 'utf8')).toBe('hello')
    if (name !== 'v1.0') {
      expect(await run('inspect', ...platform, name)).toMatchObject({ exit: 0, stderr: '' })
      expect(await run('pull', '-q', ...platform, name)).toMatchObject({ exit: 0 })
    }
    expect((await run('verify')).exit).toBe(0)
    expect(await run('rm', name)).toMatchObject({ exit: 0, stdout: `${name}\n` })
    expect((await run('gc')).stdout).toBe('Removed 0 objects, 0 B\n')
    expect((await run('images')).stdout).toContain(pulled)
  })
})
