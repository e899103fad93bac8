/**
 * Where the peers run: their root, with mounts that only they see. All of it goes when
 * this process does.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../../testbench/harness/run-tool.js'
import { type ServerProcess, startServer } from '../../testbench/harness/server-process.js'

export interface PeerHost {
  /** The command that runs `args` in there. */
  within(args: readonly string[]): string[]
  /** The command that runs `args` out here by the same steps: so that they cost everybody the same. */
  beside(args: readonly string[]): string[]
  run(args: readonly string[]): Promise<string>
  /** Starts a server in there that lives until `stop`. */
  serve(args: readonly string[]): ServerProcess
  /** Where `path` of there is seen from here. */
  seen(path: string): string
  stop(): Promise<void>
}

/** In there, where all stores are. */
export const bench = '/bench'

/** @param stores a directory of this machine, which is `bench` in there */
export async function startPeerHost(root: string, stores: string): Promise<PeerHost> {
  const script = `
    set -e
    mount --bind "$1" "$1"; cd "$1"
    mkdir -p .${bench}
    mount -t proc proc proc; mount --rbind /dev dev; mount -t tmpfs shm dev/shm; mount --rbind /sys sys; mount -t tmpfs run run
    mount --bind "$2" .${bench}
    echo ready; exec sleep infinity`
  const private_ = ['--mount', '--propagation', 'private', 'bash', '-c', script, 'peers', root, stores]
  const holder = startServer('unshare', private_)
  await holder.line(/^ready$/)
  const command = (at: string, args: readonly string[]): string[] => [
    ...['nsenter', '--target', String(holder.pid), '--mount', 'chroot', at],
    ...['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8', ...args],
  ]
  const within = (args: readonly string[]): string[] => command(root, args)
  const servers: ServerProcess[] = []
  return {
    within,
    beside: (args) => command('/', args),
    run: async (args) => {
      const [program = '', ...rest] = within(args)
      return (await runTool(program, rest)).toString()
    },
    serve(args) {
      const [program = '', ...rest] = within(args)
      const server = startServer(program, rest)
      servers.push(server)
      return server
    },
    seen: (path) => join(`/proc/${holder.pid}/root`, root, path),
    async stop() {
      for (const server of servers) await server.stop()
      await holder.stop()
    },
  }
}

/** Ticks of the clock in a second, as /proc counts: the same on every Linux that Node runs on. */
const ticks = 100

/** Seconds of the processor that a server has used, its ended children included. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return fields.slice(11, 15).reduce((sum, each) => sum + each, 0) / ticks
}

/** Most bytes that a server had resident since `forgetPeak`. */
export const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024

export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
