/** Describes the machine of the benchmarks. */
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { openGunzip } from '../../lib/system/index.js'

export interface Machine {
  readonly processors: string
  /** Bytes. */
  readonly memory: number
  readonly kernel: string
  readonly node: string
  /** Version of Windlass. */
  readonly version: string
  /** Whether Windlass uses ISA-L for gzip. */
  readonly isal: boolean
  /** File system of the stores on disk. */
  readonly disk: string
}

/** @param disk directory on the disk of the stores */
export async function describeMachine(disk: string): Promise<Machine> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    processors: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memory: totalmem(),
    kernel: (await readFile('/proc/sys/kernel/osrelease', 'utf8')).trim(),
    node: process.versions.node,
    version,
    isal: openGunzip() !== undefined,
    disk: execFileSync('stat', ['-f', '-c', '%T', disk], { encoding: 'utf8' }).trim(),
  }
}
