/** Devices and fifos: which types there are, and why one cannot be made here. */
import { errnoOf } from '../../system/errno.js'
import { hasCapability, isInUserNamespace, makeNode, SystemError } from '../../system/index.js'
import type { TarEntry } from '../tar/entry.js'

/** Types of entries that mknod(2) makes, as the bits of a mode. */
const nodeTypes = { 'character-device': 0o020000, 'block-device': 0o060000, fifo: 0o010000 } as const

export type NodeType = keyof typeof nodeTypes

/** What refuses a node and stands for "not here". */
const refusals: readonly string[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']

/**
 * Makes what `entry` says at `path`, without its special bits.
 * @param ordinary the tree is for an ordinary user, who must not come by a device this way
 * @throws SystemError
 */
export function makeNodeOf(entry: TarEntry, type: NodeType, path: Buffer, ordinary: boolean): void {
  if (ordinary && type !== 'fifo') throw SystemError.of('EPERM', 'mknod')
  const { major, minor } = entry.device ?? { major: 0, minor: 0 }
  makeNode(path, nodeTypes[type] | (entry.mode & 0o777), major, minor)
}

/** What cannot be made here and why, as a sentence without its end; undefined where `error` says something else. */
export function whyLeftOut(type: NodeType, error: unknown, ordinary: boolean): string | undefined {
  const code = errnoOf(error) ?? ''
  if (!refusals.includes(code)) return undefined
  if (type === 'fifo') return `Fifos are left out: the file system has none (${code})`
  return `Devices are left out: ${whyNoDevice(code, ordinary)}`
}

function whyNoDevice(code: string, ordinary: boolean): string {
  if (ordinary || process.geteuid?.() !== 0) return 'only root may make them'
  if (!hasCapability('CAP_MKNOD')) return 'this process lacks CAP_MKNOD'
  return isInUserNamespace()
    ? 'nobody may make them in a user namespace'
    : `the system refuses them (${code})`
}
