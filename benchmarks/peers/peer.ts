/** One program that Windlass is compared with. */
import { type Cost, measured } from '../shared/measured.js'
import { bench, cpuOf, forgetPeak, type PeerHost, peakOf } from './peer-host.js'

/** Fetch, verify and unpack; fetch and verify alone; pull what is there already, and up to date. */
export type Work = 'unpack' | 'fetch' | 'again'

export interface Peer {
  readonly name: string
  readonly version: string
  readonly works: readonly Work[]
  /** The work after which `again` finds everything there. */
  readonly filledBy?: Exclude<Work, 'again'>
  /** Empties its store, and starts its server where it has one. */
  prepare(): Promise<void>
  run(reference: string, work: Work): Promise<Cost>
  /** Empties its store and stops its server: while another is measured there is nothing of it. */
  clear(): Promise<void>
  /** After an `unpack`: where the tree of all layers is. */
  tree?(reference: string): Promise<string>
}

/** Servers that work for a command, and are counted with it. */
export async function withServers(pids: readonly number[], work: () => Promise<Cost>): Promise<Cost> {
  for (const pid of pids) forgetPeak(pid)
  const before = pids.map(cpuOf)
  const { wall, cpu, memory } = await work()
  const served = pids.reduce((sum, pid, at) => sum + cpuOf(pid) - before[at]!, 0)
  return { wall, cpu: cpu + served, memory: memory + pids.reduce((sum, pid) => sum + peakOf(pid), 0) }
}

/** Several commands, one after the other, as one. */
export async function inTurn(host: PeerHost, ...commands: readonly (readonly string[])[]): Promise<Cost> {
  let [wall, cpu, memory] = [0, 0, 0]
  for (const command of commands) {
    const cost = await measured(host.within(command))
    wall += cost.wall
    cpu += cost.cpu
    memory = Math.max(memory, cost.memory)
  }
  return { wall, cpu, memory }
}

/** An empty directory of its own for a peer's store, and nothing mounted in it or over it. */
export async function emptied(host: PeerHost, name: string): Promise<void> {
  const directory = `${bench}/${name}`
  const mounts = `awk -v d="${directory}" '$2 == d || index($2, d "/") == 1 || index($2, d "-tree") == 1 { print $2 }' /proc/self/mounts`
  await host.run([
    'sh',
    '-c',
    `${mounts} | sort -r | xargs -r -n 1 umount -l; rm -rf "${directory}"; mkdir -p "${directory}"`,
  ])
}
