/** The commands against a real `windlass serve`, which pulls from the embedded registry. */
import { renameSync, statSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { decodeEvent } from '../../../lib/events/index.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, faults, startRegistry } from '../../../lib/testing/registry/index.js'
import { type CommandResult, expectExit } from '../../../testbench/harness/command-line.js'
import { type Serve, type ServeStart, startServe } from '../../../testbench/harness/serve-commands.js'
import { workspace } from '../../../testbench/harness/workspace.js'

const image = (label: string) =>
  buildImage({
    layers: [1, 2].map((layer) => ({
      entries: [{ path: `${label}-${layer}`, content: label.repeat(layer) }],
    })),
    platform: { os: 'linux', architecture: 'amd64' },
  })
const images = new Map(['a', 'b'].map((tag) => [tag, image(tag)]))

let registry: TestRegistry
beforeEach(async () => {
  registry = await startRegistry()
  for (const [tag, each] of images) await putImage(registry, 'team/app', tag, each)
})
afterEach(() => registry.close())

const name = (tag: string): string => `${registry.host}/team/app:${tag}`
const pinned = (tag: string): string => `${name(tag)}@${images.get(tag)!.manifest.digest}`

async function serving(start: Partial<ServeStart> = {}): Promise<Serve> {
  const directory = start.directory ?? (await workspace()).directory
  const server = await startServe({ ...start, directory })
  onTestFinished(() => void server.end('SIGKILL'))
  return server
}

interface Listed {
  readonly id: string
  readonly state: string
  readonly order: { readonly image: string }
}
const listed = async (server: Serve): Promise<Listed[]> =>
  JSON.parse((await server.run(['ps', '-a', '--json'])).stdout) as Listed[]

/** Waits until the first pull of the server has the state. */
const untilFirst = (server: Serve, state: string): Promise<void> =>
  expect.poll(async () => (await listed(server))[0]?.state, { timeout: 30_000 }).toBe(state)

/** Starts a pull that stalls, and resolves when it is under way. */
async function stalledPull(server: Serve, args: readonly string[] = []) {
  registry.addFault(faults.stall(10, { kind: 'blob', times: Infinity }))
  let interrupt = (): void => undefined
  const ended = server.run(['pull', '--via', ...args, name('a')], {
    onStart: (child) => (interrupt = () => void child.kill('SIGINT')),
  })
  await expect.poll(() => registry.appliedFaults, { timeout: 30_000 }).toContain('stall')
  return { ended, interrupt: () => interrupt() }
}

describe('a pull through a server', () => {
  it('prints the result of each image in the order of the names, and the progress as for a pull of its own', async () => {
    const server = await serving()
    const result = await server.run(['pull', '--via', name('a'), name('b')])
    expectExit(result, 0, `${pinned('a')}\n${pinned('b')}\n`)
    expect(result.stderr).toContain(`Pulling ${name('a')} for linux/`)
    expect(result.stderr).toContain(`Downloaded newer image for ${name('b')}\n`)
    expectExit(await server.run(['images']), 0)
    const json = await server.run(['pull', '--via', '--json', '--progress', 'json', name('a')])
    expect(JSON.parse(json.stdout)).toMatchObject({ status: 'up-to-date', name: name('a') })
    expect(json.stderr.trimEnd().split('\n').map(decodeEvent).at(-1)).toMatchObject({
      type: 'end',
      outcome: 'done',
    })
  })

  it('reports a failure with its exit code, and goes on with the others', async () => {
    const server = await serving()
    const result = await server.run(['pull', '-q', '--via', name('missing'), 'UPPER CASE', name('a')])
    expectExit(result, 4, `${pinned('a')}\n`)
    expect(result.stderr.match(/^windlass: /gm)).toHaveLength(2)
  })

  it('is cancelled on the server by Ctrl-C, which says once that the rest resumes', async () => {
    const server = await serving()
    const { ended, interrupt } = await stalledPull(server)
    interrupt()
    const result = await ended
    expectExit(result, 130, '')
    expect(result.stderr.match(/what was received is kept, and the next pull resumes it/g)).toHaveLength(1)
    await untilFirst(server, 'cancelled')
  })

  it('refuses options that are those of the server', async () => {
    const server = await serving()
    const result = await server.run(['pull', '--via', '--store', '/elsewhere', name('a')])
    expectExit(result, 2)
    expect(result.stderr).toContain('The option --store cannot be used with --via')
  })
})

describe('pulls of a server', () => {
  it('are listed, paused, resumed, cancelled and started again, by the start of an id', async () => {
    const server = await serving()
    const { ended } = await stalledPull(server, ['-q'])
    const [pull] = await listed(server)
    const start = pull!.id.slice(0, 6)
    const table = await server.run(['ps'])
    expect(table.stdout).toMatch(new RegExp(`^ID .*\n${pull!.id}  ${name('a')}  running `))
    expectExit(await server.run(['pause', start]), 0, `${pull!.id} ${name('a')}\n`)
    await untilFirst(server, 'paused')
    expectExit(await server.run(['resume', start]), 0)
    await untilFirst(server, 'running')
    expectExit(await server.run(['cancel', start]), 0)
    expectExit(await ended, 130, '')
    expectExit(await server.run(['ps']), 0, 'ID  IMAGE  STATE  DONE  BYTES  RATE  LEFT\n')
    registry.clearFaults()
    const again = await server.run(['resume', start, '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ resumes: pull!.id, order: { image: name('a') } })
    await untilFirst(server, 'done')
    const refused = await server.run(['pause', start, '0000'])
    expectExit(refused, 4)
    expect(refused.stderr).toContain(`The server has no pull "${start}"`)
  })

  it('can be watched: one to its end, or all until Ctrl-C, which cancels nothing', async () => {
    const server = await serving()
    const { ended } = await stalledPull(server, ['-q'])
    const [pull] = await listed(server)
    let watcher: (() => void) | undefined
    const all = server.run(['watch', '--progress', 'json'], {
      onStart: (child) =>
        child.stderr!.on('data', (text: Buffer) => {
          if (text.includes('"downloading"')) watcher = () => void child.kill('SIGINT')
        }),
    })
    await expect.poll(() => watcher, { timeout: 30_000 }).toBeDefined()
    watcher!()
    expectExit(await all, 130, '')
    expect((await all).stderr.trimEnd().split('\n').map(decodeEvent)[0]).toMatchObject({
      type: 'start',
      seq: 1,
    })
    await untilFirst(server, 'running')
    const one = server.run(['watch', pull!.id, '-q'])
    registry.clearFaults()
    expectExit(await server.run(['pause', pull!.id]), 0)
    expectExit(await server.run(['resume', pull!.id]), 0)
    expectExit(await one, 0, `${pinned('a')}\n`)
    expectExit(await ended, 0, `${pinned('a')}\n`)
  })

  it('have limits that are printed and changed', async () => {
    const server = await serving()
    const changed = await server.run(['limit', '--max-downloads', '5', '--max-rate', '2M'])
    expectExit(changed, 0)
    expect(changed.stdout).toMatch(/^max-downloads {2}5\nmax-unpacks {4}\d+\nmax-rate {7}2\.10 MB\/s\n$/)
    const lifted = await server.run(['limit', '--max-rate', 'none', '--json'])
    expect(JSON.parse(lifted.stdout)).toMatchObject({ maxDownloads: 5, bytesPerSecond: null })
    expectExit(await server.run(['limit', '--max-downloads', '0']), 2)
    expectExit(await server.run(['limit', '--max-rate', '2X']), 2)
  })
})

describe('the server', () => {
  it('ends on SIGTERM with its pulls cancelled: their watchers are told, and what was received is resumed', async () => {
    const { directory } = await workspace()
    const server = await serving({ directory })
    const { ended } = await stalledPull(server)
    expect(await server.end()).toBe(0)
    const result: CommandResult = await ended
    expectExit(result, 130, '')
    expect(result.stderr).toContain('Cancelled')
    expect(server.output()).toContain('ending: pulls that run are cancelled and can be resumed')
    expect(() => statSync(`${directory}/windlass.sock`)).toThrow('ENOENT')
    registry.clearFaults()
    const next = await serving({ directory })
    expectExit(await next.run(['pull', '-q', '--via', name('a')]), 0, `${pinned('a')}\n`)
  })

  it('lists the pulls of one that was killed, and resumes them', async () => {
    const { directory } = await workspace()
    const killed = await serving({ directory })
    const { ended } = await stalledPull(killed, ['-q'])
    await killed.end('SIGKILL')
    registry.clearFaults()
    const server = await serving({ directory })
    // The command that followed the pull connects again, and learns that it was interrupted.
    const result = await ended
    expect(result.stderr).toContain('The server ended during the pull')
    const [interrupted] = await listed(server)
    expect(interrupted).toMatchObject({ state: 'interrupted', order: { image: name('a') } })
    expect((await server.run(['ps'])).stderr).toContain('1 pull of an earlier server can be resumed')
    expectExit(await server.run(['resume', interrupted!.id]), 0)
    await untilFirst(server, 'done')
  })

  it('is found at the address that is given, with its token; what is wrong is said', async () => {
    const server = await serving({ args: ['--listen', '127.0.0.1:0'] })
    const [, address = '', token = ''] = /(http:\S+)\/#token=(\S+)/.exec(server.output()) ?? []
    const { env } = server
    expectExit(await server.run(['ps', '--host', address], { env: { ...env, WINDLASS_TOKEN: token } }), 0)
    expectExit(await server.run(['ps'], { env: { WINDLASS_HOST: address, WINDLASS_TOKEN: token } }), 0)
    const refused = await server.run(['ps', '--host', address])
    expectExit(refused, 3)
    expect(refused.stderr).toContain('WINDLASS_TOKEN')
    const absent = await server.run(['ps', '--host', 'unix:/nonexistent/a.sock'])
    expectExit(absent, 6)
    expect(absent.stderr).toBe(
      'windlass: No server listens at unix:/nonexistent/a.sock\n' +
        '  Start one with “windlass serve”, or name another with --host.\n',
    )
    expectExit(await server.run(['ps', '--host', 'x:y']), 2)
  })

  it('uses the unix socket that systemd passes, and refuses to inherit TCP', async () => {
    const { directory } = await workspace()
    const socket = createServer()
    await new Promise<void>((resolve) => socket.listen(`${directory}/bound.sock`, resolve))
    const starting = serving({ directory, fd: descriptorOf(socket) })
    // This process gives the socket up once the server has it. Closing removes the name that was bound.
    const server = await starting
    renameSync(`${directory}/bound.sock`, `${directory}/windlass.sock`)
    socket.close()
    expect(server.output()).toMatch(/^Listening on the inherited socket\n/)
    expectExit(await server.run(['pull', '-q', '--via', name('a')]), 0, `${pinned('a')}\n`)
    expect(await server.end()).toBe(0)
    // The socket stays: the next connection starts the service again.
    await expect(connecting(`${directory}/windlass.sock`)).rejects.toThrow(/ECONNREFUSED|ENOENT/)

    const tcp = createServer()
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void tcp.close())
    await expect(serving({ fd: descriptorOf(tcp) })).rejects.toThrow('it is not a unix socket')
  })
})

const descriptorOf = (server: Server): number =>
  (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd

const connecting = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const client = connect(path, () => {
      client.destroy()
      resolve()
    })
    client.once('error', reject)
  })
