/**
 * Runs the peers in their own root, with mounts in a private namespace. All of it ends with this process.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../../testbench/harness/run-tool.js'
import { type ServerProcess, startServer } from '../../testbench/harness/server-process.js'

export interface PeerHost {
  /** Returns the command that runs `args` in the root. */
  within(args: readonly string[]): string[]
  /** Returns the command that runs `args` outside of the root with the same wrappers, so that the overhead is equal. */
  beside(args: readonly string[]): string[]
  run(args: readonly string[]): Promise<string>
  /** Starts a server in the root that runs until `stop`. */
  serve(args: readonly string[]): ServerProcess
  /** Returns the path outside of the root for a path in it. */
  seen(path: string): string
  stop(): Promise<void>
}

/** Directory of all stores within the root. */
export const bench = '/bench'

/** @param stores directory of this machine that is mounted as `bench` in the root */
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
  await holder.waitForLine(/^ready$/)
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

/** Clock ticks per second in /proc, the same on every Linux that Node supports. */
const ticks = 100

/** Returns the CPU time of a server in seconds, including children that have ended. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return fields.slice(11, 15).reduce((sum, each) => sum + each, 0) / ticks
}

/** Returns the peak resident memory of a server in bytes since `forgetPeak`. */
export const peakOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024

export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')
