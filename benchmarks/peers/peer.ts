/** Defines a program that Windlass is compared with. */
import { type Cost, runMeasured } from '../shared/measured.js'
import { bench, cpuOf, forgetPeak, type PeerHost, peakOf } from './peer-host.js'

/** `unpack`: fetch, verify and unpack. `fetch`: fetch and verify. `again`: pull an image that is already up to date. */
export type Work = 'unpack' | 'fetch' | 'again'

export interface Peer {
  readonly name: string
  readonly version: string
  readonly works: readonly Work[]
  /** The work that prepares the store for `again`. */
  readonly filledBy?: Exclude<Work, 'again'>
  /** Empties the store, and starts the server if there is one. */
  prepare(): Promise<void>
  run(reference: string, work: Work): Promise<Cost>
  /** Empties the store and stops the server, so that it does not disturb the measurement of others. */
  clear(): Promise<void>
  /** Returns the directory of the flattened tree after `unpack`. */
  tree?(reference: string): Promise<string>
}

/** Adds the CPU time and memory of servers to the cost of a command. */
export async function withServers(pids: readonly number[], work: () => Promise<Cost>): Promise<Cost> {
  for (const pid of pids) forgetPeak(pid)
  const before = pids.map(cpuOf)
  const { wall, cpu, memory } = await work()
  const served = pids.reduce((sum, pid, at) => sum + cpuOf(pid) - before[at]!, 0)
  return { wall, cpu: cpu + served, memory: memory + pids.reduce((sum, pid) => sum + peakOf(pid), 0) }
}

/** Measures several commands, run one after the other, as one. */
export async function inTurn(host: PeerHost, ...commands: readonly (readonly string[])[]): Promise<Cost> {
  let [wall, cpu, memory] = [0, 0, 0]
  for (const command of commands) {
    const cost = await runMeasured(host.within(command))
    wall += cost.wall
    cpu += cost.cpu
    memory = Math.max(memory, cost.memory)
  }
  return { wall, cpu, memory }
}

/** Provides an empty directory for the store of a peer, without mounts in or over it. */
export async function emptyStore(host: PeerHost, name: string): Promise<void> {
  const directory = `${bench}/${name}`
  const mounts = `awk -v d="${directory}" '$2 == d || index($2, d "/") == 1 || index($2, d "-tree") == 1 { print $2 }' /proc/self/mounts`
  await host.run([
    'sh',
    '-c',
    `${mounts} | sort -r | xargs -r -n 1 umount -l; rm -rf "${directory}"; mkdir -p "${directory}"`,
  ])
}
