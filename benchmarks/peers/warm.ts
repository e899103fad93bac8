/**
 * Contenders whose server keeps running between the runs: `windlass serve`, asked by the docker client or by `windlass pull --via`,
 * dockerd and containerd. Images are removed through the server, which therefore knows that its store is cold.
 */
import { mkdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type ServerProcess, startServer } from '../../testbench/harness/server-process.js'
import { runMeasured } from '../shared/measured.js'
import { program } from '../shared/pull-once.js'
import { emptyStore, type Peer, withServers } from './peer.js'
import { bench, cpuOf, forgetPeak, type PeerHost, peakOf } from './peer-host.js'
import { containerdAt, dockerdAt } from './servers.js'

/** A contender with a server that runs until `stop`. */
export interface WarmPeer extends Peer {
  stop(): Promise<void>
}

interface WarmServer {
  readonly name: string
  readonly version: string
  /** Empties the store and starts the server. */
  start(): Promise<void>
  pids(): readonly number[]
  /** Command that pulls an image, and the one that removes it with everything that only it needs. */
  pull(reference: string): readonly string[]
  remove(reference: string): readonly string[]
  stop(): Promise<void>
}

function warm(server: WarmServer): WarmPeer {
  const pulled = new Set<string>()
  let isRunning = false
  const clear = async (): Promise<void> => {
    for (const reference of pulled) await runMeasured(server.remove(reference))
    pulled.clear()
  }
  return {
    name: server.name,
    version: server.version,
    works: ['unpack', 'again'],
    async prepare() {
      if (!isRunning) await server.start()
      isRunning = true
      await clear()
    },
    clear,
    run(reference) {
      pulled.add(reference)
      return withServers(server.pids(), () => runMeasured(server.pull(reference)))
    },
    stop: () => server.stop(),
  }
}

const versionIn = (text: string): string => /\d+\.\d+\.\d+/.exec(text)?.[0] ?? 'unknown'

/** Returns `windlass serve` with each of its two clients, over one store each. */
export async function warmWindlass(host: PeerHost, under: string, version: string): Promise<WarmPeer[]> {
  const serverAt = (name: string) => {
    const directory = join(under, name)
    let server: ServerProcess | undefined
    return {
      version,
      socket: join(directory, 'socket'),
      async start() {
        await rm(directory, { recursive: true, force: true })
        await mkdir(directory, { recursive: true, mode: 0o700 })
        server = startServer(process.execPath, [
          ...[program(), 'serve', '--plain-http', '--store', join(directory, 'store')],
          ...['--listen', `unix:${join(directory, 'socket')}`],
        ])
        await server.waitForLine(/^Listening on /)
      },
      pids: () => [server?.pid ?? 0],
      stop: async () => server?.stop(),
    }
  }
  const [docker, via] = [serverAt('serve-docker'), serverAt('serve-via')]
  const client = (...args: readonly string[]): string[] =>
    host.within(['docker', '-H', `unix://${bench}/serve-docker/socket`, ...args])
  const clientVersion = versionIn(await host.run(['docker', '--version']))
  return [
    warm({
      ...docker,
      name: 'windlass serve, docker pull',
      version: `${version}, client ${clientVersion}`,
      pull: (reference) => client('pull', '-q', reference),
      remove: (reference) => client('rmi', '-f', reference),
    }),
    warm({
      ...via,
      name: 'windlass serve, windlass pull --via',
      pull: (reference) =>
        host.beside([process.execPath, program(), 'pull', '-q', '--via', `unix:${via.socket}`, reference]),
      remove: (reference) =>
        host.within(['docker', '-H', `unix://${bench}/serve-via/socket`, 'rmi', '-f', reference]),
    }),
  ]
}

/** The docker client alone: it asks `windlass serve` for its version. This is part of the time of every pull. */
export function dockerClient(host: PeerHost, server: WarmPeer): WarmPeer {
  return {
    ...{ name: 'docker version, windlass serve', version: server.version, works: ['again'] },
    prepare: () => server.prepare(),
    clear: () => Promise.resolve(),
    run: () => runMeasured(host.within(['docker', '-H', `unix://${bench}/serve-docker/socket`, 'version'])),
    stop: () => Promise.resolve(),
  }
}

/** A program that uses the library and goes on running. Its time is that from the request to the answer. */
export function residentLibrary(under: string, version: string): WarmPeer {
  const directory = join(under, 'resident')
  const socket = join(directory, 'socket')
  let server: ServerProcess | undefined
  const ask = async (line: string): Promise<void> => {
    const client = connect(socket)
    client.end(`${line}\n`)
    const answer = await text(client)
    if (answer !== 'done\n') throw new Error(answer)
  }
  const clear = (): Promise<void> => ask('clear')
  return {
    ...{ name: 'windlass library', version, works: ['fetch', 'unpack'], clear },
    async prepare() {
      if (server) return clear()
      await rm(directory, { recursive: true, force: true })
      await mkdir(directory, { recursive: true, mode: 0o700 })
      server = startServer(process.execPath, [resident, join(directory, 'store'), socket])
      await server.waitForLine(/^Listening/)
    },
    async run(references, work) {
      const pid = server?.pid ?? 0
      forgetPeak(pid)
      const [started, cpu] = [performance.now(), cpuOf(pid)]
      await ask(`${work === 'fetch' ? 'fetch' : 'pull'} ${references}`)
      return { wall: (performance.now() - started) / 1000, cpu: cpuOf(pid) - cpu, memory: peakOf(pid) }
    },
    stop: async () => server?.stop(),
  }
}

const resident = fileURLToPath(new URL('resident.mjs', import.meta.url))

/** dockerd with the docker client. */
export async function warmDocker(host: PeerHost): Promise<WarmPeer> {
  const { daemon: below, address } = containerdAt(host, 'docker-containerd')
  const { daemon, client } = dockerdAt(host, address)
  return warm({
    name: 'dockerd, docker pull',
    version: versionIn(await host.run(['docker', '--version'])),
    async start() {
      await host.run(['rm', '-f', '/run/docker.pid'])
      for (const store of ['docker', 'docker-containerd']) await emptyStore(host, store)
      await below.restart()
      await daemon.restart()
    },
    pids: () => [daemon.pid, below.pid],
    pull: (reference) => host.within(client('pull', '-q', reference)),
    remove: (reference) => host.within(client('rmi', '-f', reference)),
    async stop() {
      await daemon.stop()
      await below.stop()
    },
  })
}

/** containerd with ctr. */
export async function warmContainerd(host: PeerHost): Promise<WarmPeer> {
  const { daemon, address } = containerdAt(host, 'containerd')
  const ctr = (...args: readonly string[]): string[] => host.within(['ctr', '-a', address, ...args])
  return warm({
    name: 'containerd, ctr images pull',
    version: versionIn(await host.run(['containerd', '--version'])),
    async start() {
      await emptyStore(host, 'containerd')
      await daemon.restart()
    },
    pids: () => [daemon.pid],
    pull: (reference) => ctr('images', 'pull', '--plain-http', '--snapshotter', 'overlayfs', reference),
    remove: (reference) => ctr('images', 'rm', '--sync', reference),
    stop: () => daemon.stop(),
  })
}
