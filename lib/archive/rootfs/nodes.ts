/** Creates devices and FIFOs, and explains why one cannot be created. */
import { errnoOf } from '../../system/errno.js'
import { hasCapability, isInUserNamespace, makeNode, SystemError } from '../../system/index.js'
import type { TarEntry } from '../tar/entry.js'

/** Entry types created with mknod(2), and their mode bits. */
const nodeTypes = { 'character-device': 0o020000, 'block-device': 0o060000, fifo: 0o010000 } as const

/** An entry type created with mknod(2). */
export type NodeType = keyof typeof nodeTypes

/** Error codes that mean that this process or file system cannot create the node. */
const refusals: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']

/**
 * Creates the device or FIFO `entry` at `path`, without setuid, setgid and sticky bits.
 * @param forOrdinaryUser whether the tree is for an ordinary user. Devices are then not created, even by root
 * @throws SystemError when mknod fails, for example EPERM
 */
export function makeNodeOf(entry: TarEntry, type: NodeType, path: Buffer, forOrdinaryUser: boolean): void {
  if (forOrdinaryUser && type !== 'fifo') throw SystemError.of('EPERM', 'mknod')
  const { major, minor } = entry.device ?? { major: 0, minor: 0 }
  makeNode(path, nodeTypes[type] | (entry.mode & 0o777), major, minor)
}

/** Returns the warning for a node that could not be created; undefined if `error` has another cause. */
export function omissionWarning(
  type: NodeType,
  error: unknown,
  forOrdinaryUser: boolean,
): string | undefined {
  const code = errnoOf(error) ?? ''
  if (!refusals.includes(code)) return undefined
  if (type === 'fifo') return `FIFOs are skipped: the file system does not support them (${code})`
  return `Devices are skipped: ${whyNoDevice(code, forOrdinaryUser)}`
}

function whyNoDevice(code: string, forOrdinaryUser: boolean): string {
  if (forOrdinaryUser || process.geteuid?.() !== 0) return 'only root may create them'
  if (!hasCapability('CAP_MKNOD')) return 'this process lacks CAP_MKNOD'
  return isInUserNamespace()
    ? 'they cannot be created in a user namespace'
    : `the system refuses them (${code})`
}
