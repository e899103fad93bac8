/**
 * What the kernel lets this process do: Linux capabilities (capabilities(7)) and the ids of its user namespace
 * (user_namespaces(7)). Being uid 0 says little in a container: its root may lack any of them.
 */
import { readFileSync } from 'node:fs'

/** Bits of `CapEff` in /proc/<pid>/status (linux/capability.h). */
const bits = {
  CAP_CHOWN: 0n,
  CAP_DAC_OVERRIDE: 1n,
  CAP_FOWNER: 3n,
  CAP_FSETID: 4n,
  CAP_SYS_ADMIN: 21n,
  CAP_MKNOD: 27n,
  CAP_SETFCAP: 31n,
} as const

export type Capability = keyof typeof bits

/** Without one of these, root cannot give a file away and then still set its mode, read it and remove it. */
const neededToGiveAway = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID'] as const

/** Capabilities of this process while it is root, asked once: programs lay them down before they begin to work. */
let ofRoot: bigint | undefined

/** Whether this process is root and has `capability`. Anybody else is taken for an ordinary user. */
export function hasCapability(capability: Capability): boolean {
  if (process.geteuid?.() !== 0) return false
  ofRoot ??= effectiveCapabilities(statusOfThread())
  return ((ofRoot >> bits[capability]) & 1n) === 1n
}

/** Whether permission bits stand in the way of this process. */
export const obeysModes = (): boolean => !hasCapability('CAP_DAC_OVERRIDE')

/** The first of `capabilities` that this process lacks. */
export const lackedCapability = (capabilities: readonly Capability[]): Capability | undefined =>
  capabilities.find((capability) => !hasCapability(capability))

/**
 * Why this process cannot give files to other owners, as a clause; undefined where it can. An id that its user namespace
 * does not map is refused all the same, with EINVAL.
 */
export function cannotGiveAway(): string | undefined {
  if (process.geteuid?.() !== 0) return 'only root may set them'
  const lacked = lackedCapability(neededToGiveAway)
  return lacked && `this process lacks ${lacked}`
}

/** Whether the user namespace of this process is not the first one, and so maps some ids only. */
export function isInUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(readProc('/proc/self/uid_map') ?? '0 0 4294967295')
}

/** The capabilities that `status`, as /proc/<pid>/status, tells of; all where it tells of none. */
export function effectiveCapabilities(status: string): bigint {
  const [, hex] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return hex === undefined ? -1n : BigInt(`0x${hex}`)
}

const statusOfThread = (): string => readProc('/proc/thread-self/status') ?? ''

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
