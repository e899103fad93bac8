/**
 * Reports the privileges of this process: Linux capabilities (capabilities(7)) and its user namespace
 * (user_namespaces(7)). Root in a container may lack any of the capabilities.
 */
import { readFileSync } from 'node:fs'

/** Bit numbers of capabilities in `CapEff` of /proc/<pid>/status (linux/capability.h). */
const bits = {
  CAP_CHOWN: 0n,
  CAP_DAC_OVERRIDE: 1n,
  CAP_FOWNER: 3n,
  CAP_FSETID: 4n,
  CAP_SYS_ADMIN: 21n,
  CAP_MKNOD: 27n,
  CAP_SETFCAP: 31n,
} as const

/** A Linux capability that this project checks. */
export type Capability = keyof typeof bits

/**
 * Capabilities that root needs to change the owner of a file, and afterwards to set its mode, read it and remove it.
 */
const neededToChown = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID'] as const

/** Effective capabilities of this process if it is root. Cached, because they do not change while it runs. */
let rootCapabilities: bigint | undefined

/** Reports whether this process is root and has `capability`. Other users count as unprivileged. */
export function hasCapability(capability: Capability): boolean {
  if (process.geteuid?.() !== 0) return false
  rootCapabilities ??= effectiveCapabilities(statusOfThread())
  return ((rootCapabilities >> bits[capability]) & 1n) === 1n
}

/** Reports whether permission bits restrict this process, as for every user except root. */
export const isBoundByModes = (): boolean => !hasCapability('CAP_DAC_OVERRIDE')

/** Returns the first of `capabilities` that this process lacks; undefined if it has all. */
export const firstMissingCapability = (capabilities: readonly Capability[]): Capability | undefined =>
  capabilities.find((capability) => !hasCapability(capability))

/**
 * Returns why this process cannot change the owner of files, as a clause, or undefined if it can. Even then, changing
 * the owner to an id that the user namespace does not map fails with EINVAL.
 */
export function whyCannotChown(): string | undefined {
  if (process.geteuid?.() !== 0) return 'only root may set them'
  const missing = firstMissingCapability(neededToChown)
  return missing && `this process lacks ${missing}`
}

/** Reports whether this process runs in a user namespace other than the initial one, which maps only some ids. */
export function isInUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(readProc('/proc/self/uid_map') ?? '0 0 4294967295')
}

/**
 * Returns the effective capabilities in `status`, the text of /proc/<pid>/status, as a bit mask. Returns all
 * capabilities if the text has no line with them, as on systems without capabilities.
 */
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
