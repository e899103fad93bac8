/** What the package holds: what it names, what its documents link to, and nothing of the build's own. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { isThere, root, textOf } from '../support/source-tree.js'

describe('the package', () => {
  let files: readonly string[]

  beforeAll(() => {
    const args = ['pack', '--dry-run', '--ignore-scripts', '--json', '--loglevel=error']
    const { stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
    const [packed] = JSON.parse(stdout) as { files: { path: string }[] }[]
    files = packed!.files.map((file) => file.path)
  })

  it('has what its entry points and its program name', () => {
    const { bin, exports } = JSON.parse(textOf('package.json')) as {
      bin: Record<string, string>
      exports: Record<string, string | Record<string, string>>
    }
    const named = [...Object.values(bin), ...Object.values(exports).flatMap((each) => Object.values(each))]
      .filter((file) => file.startsWith('./'))
      .map((file) => path.normalize(file))
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((file) => !files.includes(file))).toEqual([])
  })

  it('has every file that the README links to', () => {
    const links = [...textOf('README.md').matchAll(/\]\((?!\w+:)([^)#]+)/g)].map(([, target = '']) => target)
    const examples = [...textOf('README.md').matchAll(/`(examples\/[\w-]+\.ts)`/g)].map(
      ([, file = '']) => file,
    )
    expect(links.length).toBeGreaterThan(8)
    expect([...links, ...examples].filter((file) => !files.includes(file))).toEqual([])
  })

  it('has what its documents link to, but for the specs and the data of tables', () => {
    const links = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((from) =>
        [...textOf(from).matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(([, target = '']) =>
          path.join(path.dirname(from), target),
        ),
      )
    const isPacked = (target: string): boolean =>
      files.some((file) => file === target || file.startsWith(path.join(target, '/')))
    expect(links.length).toBeGreaterThan(100)
    const elsewhere = links.filter((target) => !isPacked(target))
    expect(elsewhere.filter((target) => !/^spec\/|^docs\/.*\.json$/.test(target))).toEqual([])
    expect(elsewhere.filter((target) => !isThere(target))).toEqual([])
  })

  it('has no state of the build, no maps without their sources, no specs', () => {
    expect(files.filter((file) => /(^|\/)\.|\.map$|\.tsbuildinfo$|^spec\/|^testbench\//.test(file))).toEqual(
      [],
    )
  })
})
