import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../../cli/commands/index.js'
import { run } from '../../../cli/program.js'
import { putImage, startRegistry, tinyImage, type TestRegistry } from '../../../lib/testing/index.js'
import { TestTerminal, windlass } from '../../support/cli/test-terminal.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const home = temporaryDirectory()
const store = path.join(home, 'store')
let registry: TestRegistry

/** The values for the last word, and the kind of the reply. */
async function completed(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ values: string[]; kind: string | undefined }> {
  const { code, out, err } = await windlass(['complete', '--', ...words], {
    env: { WINDLASS_STORE: store, HOME: home, ...env },
  })
  expect([code, err]).toEqual([0, ''])
  const lines = out.trimEnd().split('\n')
  return { values: lines.slice(0, -1).map((line) => line.split('\t')[0] ?? ''), kind: lines.at(-1) }
}

beforeAll(async () => {
  registry = await startRegistry()
  await putImage(registry, 'team/app', '1.0', tinyImage())
  await putImage(registry, 'team/app', '2.0', tinyImage())
  await windlass([
    'pull',
    '-q',
    '--store',
    store,
    '--platform',
    'linux/amd64',
    `${registry.host}/team/app:1.0`,
  ])
})

afterAll(() => registry.close())

describe('windlass complete', () => {
  it('offers commands with their summaries', async () => {
    const { out } = await windlass(['complete', '--', 'pu'])
    expect(out).toBe('pull\tdownload, verify and unpack images into the store\n:words\n')
    expect((await completed([''])).values).toEqual([...commands.map(({ name }) => name), 'help'])
    expect((await completed(['help', 'pu'])).values).toEqual(['pull'])
    expect((await completed(['--v'])).values).toEqual(['--version'])
    expect((await completed([])).values).toContain('pull')
  })

  it('offers options and their values', async () => {
    expect((await completed(['pull', '--discard'])).values).toEqual(['--discard-blobs'])
    expect((await completed(['pull', '--progress', 'j'])).values).toEqual(['json'])
    expect((await completed(['pull', '--progress=j'])).values).toEqual(['--progress=json'])
    expect((await completed(['pull', '--platform', 'windows'])).values).toEqual(['windows/amd64'])
    expect(await completed(['pull', '--limit', 'layerB'])).toEqual({
      values: ['layerBytes='],
      kind: ':nospace',
    })
    expect(await completed(['pull', '--store', ''])).toEqual({ values: [], kind: ':directories' })
    expect(await completed(['pull', '--file', ''])).toEqual({ values: [], kind: ':files' })
    expect(await completed(['import', ''])).toEqual({ values: [], kind: ':files' })
    expect(await completed(['unpack', 'alpine', ''])).toEqual({ values: [], kind: ':directories' })
    expect(await completed(['sync', ''])).toEqual({ values: [], kind: ':files' })
    expect((await completed(['completion', ''])).values).toEqual(['bash', 'zsh', 'fish'])
  })

  it('offers the commands of a command, and their options', async () => {
    expect((await completed(['policy', ''])).values).toEqual(['check'])
    expect((await completed(['policy', 'check', '--verify'])).values).toEqual(['--verify-key'])
    expect((await completed(['policy', 'no', ''])).values).toEqual([])
  })

  it('offers paths where a shell cannot', async () => {
    mkdirSync(path.join(home, 'layouts', 'one'), { recursive: true })
    writeFileSync(path.join(home, 'layouts', 'file'), '')
    const start = path.join(home, 'layouts')
    expect(await completed(['inspect', `oci:${start}/`])).toEqual({
      values: [`oci:${start}/one/`],
      kind: ':nospace',
    })
    expect((await completed(['inspect', `docker-archive:${start}/`])).values).toEqual([
      `docker-archive:${start}/file`,
      `docker-archive:${start}/one/`,
    ])
    expect((await completed(['pull', `--file=${start}/`])).values).toEqual([
      `--file=${start}/file`,
      `--file=${start}/one/`,
    ])
  })

  it('offers images of the store, also of the store that an option names', async () => {
    const name = `${registry.host}/team/app:1.0`
    expect((await completed(['rm', ''])).values).toEqual([name])
    expect((await completed(['rm', 'xyz'])).values).toEqual([])
    expect((await completed(['export', ''])).values).toEqual([name])
    expect((await completed(['tags', ''])).values).toEqual([`${registry.host}/team/app`])
    expect((await completed(['rm', ''], { WINDLASS_STORE: home })).values).toEqual([])
    expect((await completed(['rm', '--store', store, ''], { WINDLASS_STORE: home })).values).toEqual([name])
  })

  it('offers the tags of a repository, and none if the registry refuses', async () => {
    const repository = `${registry.host}/team/app`
    expect((await completed(['pull', `${repository}:`])).values.sort()).toEqual([
      `${repository}:1.0`,
      `${repository}:2.0`,
    ])
    expect((await completed(['pull', `${repository}:2`])).values).toEqual([`${repository}:2.0`])
    expect((await completed(['pull', `${registry.host}/no/such:`])).values).toEqual([])
    const requests = registry.requests.length
    // The start of a host with a port, and a command that takes stored images only.
    expect((await completed(['pull', '127.0.0.1:'])).values).toEqual([`${repository}:1.0`])
    expect((await completed(['rm', `${repository}:2`])).values).toEqual([])
    expect(registry.requests.length).toBe(requests)
  })

  it('waits at most 1.5 seconds for a registry that does not answer', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const start = performance.now()
    expect((await completed(['pull', `127.0.0.1:${port}/team/app:`])).values).toEqual([])
    expect(performance.now() - start).toBeLessThan(4_000)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('ends the program only if something did not answer in time', async () => {
    const sockets: Socket[] = []
    const silent = createServer((socket) => void sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const exitsFor = async (host: string): Promise<readonly number[]> => {
      const terminal = new TestTerminal({ env: { WINDLASS_STORE: store, HOME: home } })
      await run(['complete', '--', 'pull', `${host}/team/app:`], terminal)
      expect(terminal.out).toMatch(/:words\n$/)
      return terminal.exits
    }
    expect(await exitsFor(registry.host)).toEqual([])
    expect(await exitsFor(`127.0.0.1:${port}`)).toEqual([0])
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('offers nothing if something is wrong', async () => {
    expect(await completed(['nosuch', ''])).toEqual({ values: [], kind: ':words' })
    expect(await completed(['watch', '--host', 'unix:/nonexistent', ''])).toEqual({
      values: [],
      kind: ':words',
    })
    expect(await completed(['pull', '--concurrency', 'x', ''])).toMatchObject({ kind: ':words' })
  })
})
