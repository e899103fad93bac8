/** Tests the output and exit codes of `windlass pull` for several images. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { decodeEvent } from '../../../lib/events/index.js'
import { buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, faults, startRegistry } from '../../../lib/testing/registry/index.js'
import { run as runOn } from '../../../cli/program.js'
import { TestTerminal, windlass as run } from '../../support/cli/test-terminal.js'

const image = (label: string, architecture = 'amd64') =>
  buildImage({
    layers: [{ entries: [{ path: label, content: label }] }],
    platform: { os: 'linux', architecture },
  })

const images = new Map(['a', 'b', 'c'].map((tag) => [tag, image(tag)]))
const index = buildIndex([image('x'), image('y', 'arm64')])

let work: string
let registry: TestRegistry
let stores = 0
beforeAll(async () => (work = await mkdtemp(path.join(tmpdir(), 'windlass-pull-cli-'))))
afterAll(() => rm(work, { recursive: true }))
beforeEach(async () => {
  registry = await startRegistry()
  stores++
  for (const [tag, each] of images) await putImage(registry, 'team/app', tag, each)
  await putImage(registry, 'team/multi', '1', index)
})
afterEach(() => registry.close())

const pull = (...args: readonly string[]) =>
  run(['pull', '--store', path.join(work, String(stores)), ...args])
const repository = (): string => `${registry.host}/team/app`
const pinned = (tag: string): string => `${repository()}:${tag}@${images.get(tag)!.manifest.digest}`
const amd64 = ['--platform', 'linux/amd64']

describe('pull of several names', () => {
  it('ends with the exit code of the first image that failed', async () => {
    const pullBoth = (...names: readonly string[]) =>
      pull('-q', '--concurrency', '1', '--retries', '1', ...amd64, ...names)
    const [missing, unreachable] = [`${registry.host}/team/none:1`, '127.0.0.1:1/team/app:1']
    expect((await pullBoth(missing, unreachable)).code).toBe(4)
    expect((await pullBoth(unreachable, missing)).code).toBe(6)
  })

  it('continues after a repository that failed, and ends with the exit code of the first', async () => {
    const pullAll = (...names: readonly string[]) => pull('-q', '--all-tags', '--retries', '1', ...names)
    const [missing, unreachable] = [`${registry.host}/team/none`, '127.0.0.1:1/team/app']
    for (const [names, code] of [
      [[missing, unreachable], 4],
      [[unreachable, missing], 6],
    ] as const) {
      const done = await pullAll(...names)
      expect(done.code).toBe(code)
      // The one after the first failure is tried, too.
      for (const name of names) expect(done.err).toContain(name.split('/')[0])
    }
  })

  it.each([
    ['images', [], ['team/app:a', 'team/app:b']],
    ['repositories', ['--all-tags'], ['team/multi', 'team/app']],
    ['indexes', ['--all-platforms'], ['team/multi:1', 'team/app:a']],
  ])('starts no further pull of %s after it is cancelled', async (_, flags, paths) => {
    registry.addFault(faults.stall(10, { times: Infinity }))
    const terminal = new TestTerminal()
    const store = path.join(work, String(stores))
    const names = paths.map((each) => `${registry.host}/${each}`)
    const platform = flags.includes('--all-platforms') ? [] : amd64
    const ended = runOn(['pull', '-q', '--store', store, ...flags, ...platform, ...names], terminal)
    await expect.poll(() => registry.appliedFaults, { timeout: 20_000 }).toContain('stall')
    terminal.signals.emit('SIGINT')
    expect(await ended).toBe(130)
    expect(terminal.err).not.toContain(names[1])
    expect(terminal.err.match(/Cancelled/g)).toHaveLength(1)
  })
})

describe('pull -f', () => {
  const list = async (text: string): Promise<string> => {
    const file = path.join(work, `list-${stores}`)
    await writeFile(file, text)
    return file
  }

  it('pulls the images named in a file after those named as arguments', async () => {
    const file = await list(`# images\n\n${repository()}:b  # the second\n  ${repository()}:c\r\n`)
    const { code, out } = await pull('-q', ...amd64, '-f', file, `${repository()}:a`)
    expect({ code, out }).toEqual({ code: 0, out: ['a', 'b', 'c'].map((tag) => `${pinned(tag)}\n`).join('') })
  })

  it('reads the names from stdin and continues after one that fails', async () => {
    const terminal = new TestTerminal()
    const names = ['a', 'missing', 'UPPER CASE', 'c'].map((tag) => `${repository()}:${tag}`)
    const piped = Object.assign(terminal, { stdin: Readable.from([Buffer.from(names.join('\n'))]) })
    const store = path.join(work, String(stores))
    expect(await runOn(['pull', '-q', '--store', store, ...amd64, '-f', '-'], piped)).toBe(4)
    expect(terminal.out).toBe(`${pinned('a')}\n${pinned('c')}\n`)
    expect(terminal.err.match(/^windlass: /gm)).toHaveLength(2)
  })

  it.each([
    ['a list without names', ['-f', 'empty'], 'The list of images has no name'],
    ['a file that is not there', ['-f', 'nowhere'], 'Failed to read the list of images in "nowhere" (-f)'],
    ['a directory', ['-f', '.'], 'it is a directory'],
    ['stdin twice', ['-f', '-', '-f', '-'], 'Several -f - read stdin'],
    [
      'stdin for names and a password',
      ['-f', '-', '--password-stdin'],
      'read stdin, which can be read only once',
    ],
    ['several images for one tree', ['-f', 'two', '--rootfs', 'tree'], '--rootfs is for one image'],
  ])('refuses %s', async (_, args, message) => {
    await writeFile(path.join(work, 'empty'), '# none\n')
    await writeFile(path.join(work, 'two'), 'a\nb\n')
    const given = args.map((each) => (['empty', 'two'].includes(each) ? path.join(work, each) : each))
    const { code, out, err } = await pull(...given)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it('pulls as many images concurrently as --concurrency allows', async () => {
    const names = ['a', 'b', 'c'].map((tag) => `${repository()}:${tag}`)
    expect(await pull('-q', ...amd64, '--concurrency', '3', ...names)).toMatchObject({ code: 0 })
    expect(await pull('-q', ...amd64, '--concurrency', '0', ...names)).toMatchObject({ code: 2 })
  })
})

describe('pull --all-tags', () => {
  it('prints each tag, shows the progress of each, and prints the status line of Docker (S2-01, S2-06)', async () => {
    const { code, out, err } = await pull('-a', ...amd64, repository())
    expect(code).toBe(0)
    expect(out).toBe(['a', 'b', 'c'].map((tag) => `${pinned(tag)}\n`).join(''))
    const heads = err.split('\n').filter((line) => line.startsWith('Pulling '))
    expect(heads).toEqual(['a', 'b', 'c'].map((tag) => `Pulling ${repository()}:${tag} for linux/amd64`))
    expect(err).toMatch(new RegExp(`Downloaded newer image for ${repository()}\n$`))
    const again = await pull('-a', ...amd64, repository())
    expect(again.err).toMatch(new RegExp(`Image is up to date for ${repository()}\n$`))
    expect(again.err).not.toContain('newer')
  })

  it('reports each tag that fails, and a list of tags that breaks off', async () => {
    for (const reference of ['a', 'b'])
      registry.addFault(faults.status(403, { kind: 'manifest', reference, times: Infinity }))
    registry.addFault(
      faults.answer((good) => ({ ...good, headers: { link: 'garbage' } }), { kind: 'tags', status: 200 }),
    )
    const { code, err } = await pull('-a', '-q', ...amd64, repository())
    expect(code).toBe(3)
    for (const tag of ['a', 'b'])
      expect(err).toContain(
        `${registry.host} denied anonymous access to "team/app:${tag}": the fault says 403\n`,
      )
    expect(err).toMatch(/Failed to list the tags of "team\/app" from .*: the Link header cannot be parsed/)
  })

  it('does not report a repository as up to date if its only tag failed', async () => {
    await putImage(registry, 'team/one', 'only', image('only'))
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 'only', times: Infinity }))
    const { code, err } = await pull('-a', ...amd64, `${registry.host}/team/one`)
    expect(code).toBe(3)
    expect(err).not.toContain('up to date')
  })

  it('a tag that fails is reported, does not stop the others and determines the exit code (C8)', async () => {
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 'b', times: Infinity }))
    const { code, out, err } = await pull('-a', '-q', ...amd64, repository())
    expect(code).toBe(3)
    expect(out).toBe(`${pinned('a')}\n${pinned('c')}\n`)
    expect(err).toMatch(/^windlass: \S+ denied anonymous access to "team\/app:b": the fault says 403\n/)
    const { out: json } = await pull('-a', '-q', '--json', ...amd64, repository())
    expect(
      json
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { name: `${repository()}:a`, status: 'up-to-date' },
      { name: `${repository()}:b`, error: { code: 'DENIED' } },
      { name: `${repository()}:c`, status: 'up-to-date' },
    ])
  })

  it('--fail-fast stops at the first failure, also with several names (S2-05, C8)', async () => {
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 'a', times: Infinity }))
    const { code, out } = await pull(
      '-a',
      '--fail-fast',
      '-q',
      ...amd64,
      repository(),
      `${registry.host}/team/multi`,
    )
    expect(code).toBe(3)
    expect(out).toBe('')
    const names = [`${repository()}:a`, `${repository()}:b`]
    expect(await pull('--fail-fast', '-q', ...amd64, ...names)).toMatchObject({ code: 3, out: '' })
    expect(await pull('-q', ...amd64, ...names)).toMatchObject({ code: 3, out: `${pinned('b')}\n` })
  })

  it('-a with a tag or a digest is an error of usage; without -a, a name without a tag means latest (S2-02, C1)', async () => {
    for (const suffix of [':a', `@${index.manifest.digest}`]) {
      const { code, err } = await pull('-a', repository(), `${repository()}${suffix}`)
      expect(code).toBe(2)
      expect(err).toContain("tag can't be used with --all-tags/-a")
    }
    expect(await pull('-a', 'oci:somewhere')).toMatchObject({ code: 2 })
    expect(await pull('-a', '--rootfs', path.join(work, 'tree'), repository())).toMatchObject({ code: 2 })
    expect(registry.requests).toEqual([])
    expect(await pull(repository())).toMatchObject({ code: 4 })
    expect(registry.requests.filter(({ kind }) => kind === 'manifest').map((each) => each.reference)).toEqual(
      ['latest'],
    )
  })

  it('the events of one tag are consecutive, from start to end (S2-18)', async () => {
    const { err } = await pull('-a', '--progress', 'json', ...amd64, repository())
    const events = err
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map(decodeEvent)
    const edges = events.flatMap((event) =>
      event.type === 'start' ? [event.reference] : event.type === 'end' ? ['end'] : [],
    )
    expect(edges).toEqual(['a', 'b', 'c'].flatMap((tag) => [`${repository()}:${tag}`, 'end']))
  })

  it('ends with 130 on Ctrl-C even after failures, and reports it once', async () => {
    registry.addFault(faults.status(403, { kind: 'manifest', reference: 'a', times: Infinity }))
    registry.addFault(faults.stall(10, { times: Infinity }))
    const terminal = new TestTerminal()
    const store = path.join(work, String(stores))
    const ended = runOn(['pull', '-a', '-q', '--store', store, ...amd64, repository()], terminal)
    await expect.poll(() => registry.appliedFaults).toContain('stall')
    await expect.poll(() => terminal.err).toContain('team/app:a')
    terminal.signals.emit('SIGINT')
    expect(await ended).toBe(130)
    expect(terminal.out).toBe('')
    expect(terminal.err.match(/^windlass: .*Cancelled/gm)).toHaveLength(1)
  })

  it('ends with 4 for an unknown repository', async () => {
    expect(await pull('-a', `${registry.host}/no/such`)).toMatchObject({ code: 4, out: '' })
  })
})

describe('pull --all-platforms', () => {
  const name = (): string => `${registry.host}/team/multi:1`

  it('prints the name with the digest of the index after all platforms are pulled (S2-79)', async () => {
    const { code, out, err } = await pull('--all-platforms', name())
    expect(code).toBe(0)
    expect(out).toBe(`${name()}@${index.manifest.digest}\n`)
    expect(err).toContain(`Pulling ${name()} for linux/amd64\n`)
    expect(err).toContain(`Pulling ${name()} for linux/arm64\n`)
    expect(err).toMatch(new RegExp(`Downloaded newer image for ${name()}\n$`))
    const { out: json } = await pull('--all-platforms', '-q', '--json', name())
    expect(JSON.parse(json)).toMatchObject({
      name: name(),
      digest: index.manifest.digest,
      status: 'up-to-date',
      images: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    })
  })

  it('cannot be combined with --platform, --rootfs or --all-tags', async () => {
    for (const other of [amd64, ['--rootfs', path.join(work, 'tree')], ['-a']])
      expect(await pull('--all-platforms', ...other, name())).toMatchObject({ code: 2 })
  })

  it('reports a failure once', async () => {
    registry.addFault(faults.status(403, { kind: 'blob', times: Infinity }))
    const { code, out, err } = await pull('--all-platforms', '-q', name())
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err.match(/^windlass: /gm)).toHaveLength(1)
  })
})
