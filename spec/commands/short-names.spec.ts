/** Names without a registry, which mean what the aliases and search registries of `registries.conf` say. */
import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import type { TestRegistry } from '../../lib/testing/registry/index.js'
import { createContext, open } from '../../puller/index.js'
import { failure } from '../support/failure.js'
import { windlass } from '../support/cli/test-terminal.js'
import { Workbench, imageOf } from '../support/workbench.js'

describe('a name without a registry, with a registries.conf', () => {
  const bench = new Workbench()
  const image = imageOf(['base'])
  let [first, second]: readonly TestRegistry[] = []
  let store: string
  let conf: string

  beforeEach(async () => {
    ;[first, second] = [await bench.registry(), await bench.registry()]
    await putImage(second, 'team/app', '1', image)
    store = bench.path()
    conf = bench.path()
    // For commands without connections, which have no option for it.
    vi.stubEnv('CONTAINERS_REGISTRIES_CONF', conf)
  })
  afterEach(() => vi.unstubAllEnvs())

  const write = (text: string): Promise<void> => writeFile(conf, text)
  const search = (mode = 'permissive', hosts = [first, second]): Promise<void> =>
    write(
      `unqualified-search-registries = ${JSON.stringify(hosts.map((each) => each?.host))}\nshort-name-mode = "${mode}"\n`,
    )
  const run = (command: string, ...words: string[]) =>
    windlass([command, '--registries-conf', conf, '--store', store, ...words])
  const inStore = (command: string, ...words: string[]) => windlass([command, '--store', store, ...words])
  const pull = (...words: string[]) => run('pull', '--platform', 'linux/amd64', ...words)
  const network = (command: string, ...words: string[]) =>
    windlass([command, '--registries-conf', conf, ...words])
  const kinds = (registry: TestRegistry | undefined) => registry?.requests.map(({ kind }) => kind) ?? []
  const full = (): string => `${second?.host}/team/app:1`

  it('is an alias, whatever registries are searched', async () => {
    await write(
      `unqualified-search-registries = ["${first?.host}"]\n[aliases]\n"app" = "${second?.host}/team/app"\n`,
    )
    const { code, out, err } = await pull('app:1')
    expect({ code, out }).toEqual({ code: 0, out: `${full()}@${image.manifest.digest}\n` })
    expect(err).toContain(`"app:1" is ${full()}, by an alias in ${conf}`)
    expect(first?.requests).toEqual([])
    expect((await inStore('images')).out).toContain(full())
  })

  it('is the image of the first search registry that has it, which every command says', async () => {
    await search()
    const told = `"team/app:1" is ${full()}, by unqualified-search-registries in ${conf}`
    const platform = ['--platform', 'linux/amd64']
    const commands: readonly (readonly string[])[] = [
      ['inspect', ...platform, 'team/app:1'],
      ['referrers', 'team/app:1'],
      ['copy', ...platform, 'team/app:1', `oci:${bench.path()}`],
      ['tags', 'team/app'],
    ]
    for (const [command = '', ...words] of commands) {
      const { code, err } = await network(command, ...words)
      expect({ command, code, err }).toMatchObject({
        code: 0,
        err: expect.stringContaining(full().slice(0, -2)) as string,
      })
    }
    for (const command of ['plan', 'ls', 'pull']) {
      const { code, err } = await run(command, ...platform, 'team/app:1')
      expect({ command, code, err }).toMatchObject({ code: 0, err: expect.stringContaining(told) as string })
    }
    const { out } = await pull('--all-tags', 'team/app')
    expect(out).toBe(`${full()}@${image.manifest.digest}\n`)
    expect(kinds(first)).toContain('manifest')
    expect(kinds(first)).not.toContain('blob')
  })

  it('is the image that the store has, without a request, for commands that read the store', async () => {
    await search()
    expect((await pull('team/app:1')).code).toBe(0)
    const before = [first, second].map((each) => each?.requests.length)
    for (const [command = '', ...words] of [['ls'], ['unpack', bench.path()]]) {
      const { code, err } = await run(command, '--platform', 'linux/amd64', 'team/app:1', ...words)
      expect({ command, code, err }).toMatchObject({ code: 0 })
    }
    expect([first, second].map((each) => each?.requests.length)).toEqual(before)
    expect(await inStore('rm', 'team/app:1')).toMatchObject({ code: 0 })
    expect(JSON.parse((await inStore('images', '--json')).out)).toEqual([])
  })

  it('is the image that the store has, for commands that name, lease, show and export it', async () => {
    await search()
    await pull('team/app:1')
    const before = [first, second].map((registry) => registry?.requests.length)
    const commands: readonly (readonly string[])[] = [
      ['history', 'team/app:1', '--platform', 'linux/amd64'],
      ['lease', 'add', 'team/app:1', '--owner', 'spec'],
      ['tag', 'team/app:1', 'other:1'],
      ['export', 'team/app:1', '--platform', 'linux/amd64', '-o', bench.path()],
    ]
    for (const words of commands) {
      const { code, err } = await windlass([...words, '--store', store])
      expect({ words, code, err }).toMatchObject({ code: 0, err: '' })
    }
    expect([first, second].map((registry) => registry?.requests.length)).toEqual(before)
  })

  it('is found in the store as an image of Docker Hub, which it was before', async () => {
    await write('')
    await using library = await open({ store, registriesConf: conf })
    const pulled = await library.pull(full(), { platform: 'linux/amd64' }).done
    await library.content.tag(pulled.name, 'team/app:1')
    await library.remove(full())
    await search()
    const before = second?.requests.length
    expect(await run('ls', '--platform', 'linux/amd64', 'team/app:1')).toMatchObject({ code: 0, err: '' })
    expect(second?.requests.length).toBe(before)
    expect((await inStore('rm', 'team/app:1')).out).toContain('docker.io/team/app:1')
  })

  it('is refused with the mode enforcing, unless there is only one registry', async () => {
    await search('enforcing')
    const { code, err } = await pull('team/app:1')
    expect(code).toBe(2)
    expect(err).toContain('short-name-mode = "enforcing"')
    expect(err).toContain(`Write which image you mean: ${first?.host}/team/app:1 or ${full()}.`)
    expect((await network('tags', 'team/app')).code).toBe(2)
    expect([first, second].flatMap(kinds)).toEqual([])
    await search('enforcing', [second])
    expect((await pull('team/app:1')).code).toBe(0)
  })

  it('is an error that names all registries, if none has the image', async () => {
    await search()
    const { code, err } = await pull('team/none:1')
    expect(code).toBe(4)
    for (const registry of [first, second]) expect(err).toContain(registry?.host)
  })

  it('is found in a later registry if an earlier one fails', async () => {
    await search('disabled')
    await first?.close()
    expect(await pull('--retries', '1', 'team/app:1')).toMatchObject({
      code: 0,
      out: `${full()}@${image.manifest.digest}\n`,
    })
  })

  it('has a login for one registry only', async () => {
    await search()
    const options = { env: { WINDLASS_PASSWORD: 'sesame' } }
    const argv = ['inspect', '--registries-conf', conf, '--username', 'u', 'team/app:1']
    const { code, err } = await windlass(argv, options)
    expect(code).toBe(2)
    expect(err).toContain('for one registry')
  })

  it('is one of Docker Hub for a library without short names, and is refused by a context if it is ambiguous', async () => {
    await search()
    await using off = await open({ store, registriesConf: conf, shortNames: false })
    const started = off.pull('team/app:1', { signal: AbortSignal.abort() })
    const events: string[] = []
    started.events.subscribe((event) => event.type === 'start' && events.push(event.reference))
    await failure(started.done)
    await started.closed()
    expect(events).toEqual(['docker.io/team/app:1'])
    await using context = await createContext({ store, registriesConf: conf })
    expect(() => context.request('team/app:1')).toThrow(/has no registry/)
    await search('permissive', [second])
    expect(context.request('team/app:1')).toMatchObject({ name: full(), typed: 'team/app:1' })
  })

  it('keeps a plan, which names the image that was chosen', async () => {
    await search()
    await using library = await open({ store, registriesConf: conf })
    const plan = await library.plan('team/app:1', { platform: 'linux/amd64' })
    expect(plan.name).toBe(full())
    await putImage(first!, 'team/app', '1', imageOf(['other']))
    const pulled = await library.pull('team/app:1', { plan }).done
    expect(pulled).toMatchObject({ name: full(), digest: image.manifest.digest })
    expect(await readFile(conf, 'utf8')).toContain(second?.host)
  })
})
