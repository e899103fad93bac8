/** For every state that a command of the store refuses, what its message names leads out. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { downloadWaitMs } from '../../lib/store/partial/download-watch.js'
import { lockWaitMs } from '../../lib/store/locks/metadata-lock.js'
import { locksAvailable } from '../../lib/system/index.js'
import { Workbench, blobPath, imageOf } from '../support/workbench.js'
import { Child } from '../support/store/child.js'
import { TestTerminal } from '../support/cli/test-terminal.js'
import { run } from '../../cli/program.js'
import { elsewhere, waysOut, type World } from '../support/cli/recovery-hints.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const image = imageOf(['base'])

describe.skipIf(!locksAvailable())('a state that a command of the store refuses', () => {
  const bench = new Workbench()
  const said: string[] = []
  const children: Child[] = []
  const before = { lock: { ...lockWaitMs }, download: { ...downloadWaitMs } }
  let registry: TestRegistry
  let store: string
  let name: string

  beforeAll(() => {
    Object.assign(lockWaitMs, { notice: 100, total: 600 })
    Object.assign(downloadWaitMs, { notice: 100, total: 600, interval: 20 })
  })
  afterAll(() => {
    Object.assign(lockWaitMs, before.lock)
    Object.assign(downloadWaitMs, before.download)
  })
  beforeEach(async () => {
    registry = await bench.registry()
    await putImage(registry, 'app', '1', image)
    store = bench.path()
    name = `${registry.host}/app:1`
    expect((await windlass(['pull', '-q', '--platform', 'linux/amd64', name])).code).toBe(0)
  })
  afterEach(async () => {
    for (const child of children.splice(0)) await child.kill()
  })

  async function windlass(words: readonly string[], directory = store) {
    const terminal = new TestTerminal()
    const code = await run([...words, '--store', directory], terminal)
    return { code, out: terminal.out, err: terminal.err }
  }

  const world = (): World => ({
    ...{ store, name },
    image: {
      manifest: image.manifest.digest,
      config: image.config.digest,
      layer: image.layers[0]!.digest,
    },
    blob: (digest) => blobPath(store, digest as Parameters<typeof blobPath>[1]),
    fresh: () => bench.path(),
    async child(script, ...values) {
      const child = new Child(script, ...values)
      children.push(child)
      await child.line()
      return child
    },
    async entries(change) {
      const path = join(store, 'index.json')
      const index = JSON.parse(await readFile(path, 'utf8')) as { manifests: Record<string, unknown>[] }
      await writeFile(path, JSON.stringify({ ...index, manifests: change(index.manifests) }))
    },
    sh: (script) => void execFileSync('bash', ['-ec', script], { cwd: store }),
  })

  /** The words of a command line as a shell takes them apart. */
  const wordsOf = (line: string): string[] =>
    execFileSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1)

  const filled = (words: readonly string[]): string[] => {
    const known: Record<string, () => string> = {
      NAME: () => name,
      FRESH: () => bench.path(),
      DIGEST: () => image.manifest.digest,
    }
    return words.map((word) => known[word]?.() ?? word)
  }

  /** Does what stands in quotes; answers with the store that is used from then on. */
  async function follow(quoted: readonly string[]): Promise<string> {
    let used = store
    for (const line of quoted) {
      if (line === '--store DIR') used = quoted.length > 1 ? store : bench.path()
      else if (line.startsWith('windlass ')) await windlass(wordsOf(line).slice(1))
      else expect(spawnSync('bash', ['-ec', line], { encoding: 'utf8' })).toMatchObject({ status: 0 })
    }
    return used
  }

  it.each(waysOut)('$state: $refused.0 names what leads out, and that does', async (row) => {
    await row.spoil(world())
    const words = filled(row.refused)
    const refused = await windlass(words)
    expect(refused.code, refused.err).not.toBe(0)
    expect(refused.err).toMatch(row.says)
    said.push(refused.err)
    const quoted = [...refused.err.matchAll(/“([^”]*)”/g)].map(([, line = '']) => line)
    expect(quoted[0] ?? '').toMatch(row.quotes)
    const used = await follow(quoted)
    const after = await windlass(row.instead ? filled(row.instead) : words, used)
    // The way out may be to remove the very thing: then it is not there any more.
    if (!/the store has no image of that name/.test(after.err)) expect(after.code, after.err).toBe(0)
    for (const command of ['images', 'gc']) {
      const { code, err } = await windlass([command], used)
      // Another store is not there before something is pulled.
      if (/^windlass: There is no store at /.test(err)) continue
      expect(code, `${command}: ${err}`).toBe(0)
    }
    const pulled = await windlass(['pull', '-q', '--platform', 'linux/amd64', name], used)
    expect(pulled.code, pulled.err).toBe(0)
    const target = bench.path()
    expect((await windlass(['unpack', '-q', '--platform', 'linux/amd64', name, target], used)).code).toBe(0)
    expect(readFileSync(join(target, 'base'), 'utf8')).toBe('this is base')
  })

  it('is in this table, or brought about by another specification', () => {
    const files = [
      'lib/store',
      'lib/sources',
      'lib/stages',
      'lib/transfer',
      'pipelines',
      'puller',
      'cli',
    ].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    )
    const sites = files.flatMap((file) =>
      messagesIn(readFileSync(join(root, file), 'utf8')).map((message) => `${file}: ${message}`),
    )
    expect(sites.length).toBeGreaterThan(20)
    const unknown = sites.filter((site) => {
      const message = site.slice(site.indexOf(': ') + 2)
      const seen = said.some((text) => patternOf(message).test(text))
      return !seen && !elsewhere.some(([words]) => words.test(message))
    })
    expect(unknown).toEqual([])
    for (const [, file] of elsewhere) expect(existsSync(join(root, file)), file).toBe(true)
  })
})

/** The messages of the errors of the store in a source, each as it stands there. */
const messagesIn = (source: string): string[] =>
  [...source.matchAll(/new WindlassError\(\s*[^,()]*'STORE_\w+'[^,()]*,\s*([^]*?),\s*\{/g)].flatMap(
    ([, text = '']) =>
      [...text.matchAll(/`([^`]*)`|'((?:[^'\\]|\\.)*)'|"([^"]*)"/g)]
        .map(([, a, b, c]) => a ?? b ?? c ?? '')
        .filter((text) => /\w \w/.test(text))
        .slice(0, 2),
  )

/** What a template comes to. */
const patternOf = (template: string): RegExp =>
  new RegExp(
    template
      .split(/\$\{[^}]*\}/)
      .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  )
