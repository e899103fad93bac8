/** Reads the mounts that this process sees (proc(5), /proc/pid/mountinfo). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A mount. */
export interface MountEntry {
  readonly target: string
  /** For example `overlay`. */
  readonly type: string
  readonly source: string
}

/** Parses the text of a mountinfo file. Skips lines of an unknown form. */
export const parseMountTable = (text: string): MountEntry[] =>
  text.split('\n').flatMap((line) => {
    const fields = line.split(' ')
    const separator = fields.indexOf('-', 6)
    const [target, type, source] = [fields[4], fields[separator + 1], fields[separator + 2]]
    if (separator < 0 || target === undefined || type === undefined || source === undefined) return []
    return [{ target: unescapeField(target), type, source: unescapeField(source) }]
  })

/** Decodes space, tab, newline and backslash, which the kernel writes as three octal digits. The bytes are UTF-8. */
const unescapeField = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))

/** Returns the mounts that this process sees; none on a system without /proc. */
export function readMountTable(): MountEntry[] {
  try {
    return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'))
  } catch {
    return []
  }
}

/** Returns the name of the mount namespace of this process, for example `mnt:[4026531841]`; undefined without /proc. */
export const ownMountNamespace = (): string | undefined => mountNamespaceOf('self')

/** Reports whether a process that this user can inspect is in the mount namespace `name`. */
export function isMountNamespaceInUse(name: string): boolean {
  try {
    return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && mountNamespaceOf(pid) === name)
  } catch {
    return false
  }
}

function mountNamespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return undefined
  }
}
