/**
 * Sets extended attributes of new entries. Attributes that the system, file system or user does not support are skipped
 * with one warning.
 */
import { statfsSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import {
  type Capability,
  systemCallsAvailable,
  hasCapability,
  listXattrs,
  removeXattr,
  setXattr,
} from '../../system/index.js'
import { formatExactBytes } from '../../quantities.js'
import { nothingKeptHint, quotedLatin1 } from '../tar/refusal.js'
import { isOverlayXattr } from '../whiteouts/form.js'
import { invalidEntryError } from '../failure.js'
import type { Warn } from './warnings.js'

/** `XATTR_NAME_MAX` and `XATTR_SIZE_MAX` (linux/limits.h), in bytes. */
const maxNameBytes = 255
const maxValueBytes = 65_536

/** Options of an `XattrWriter`. */
export interface XattrOptions {
  /** The root of the tree, a path of this process. */
  readonly root: string
  readonly warn: Warn
  /** Whether the tree is for an ordinary user. Attributes that such a user cannot set are then skipped. */
  readonly forOrdinaryUser: boolean
}

/** Sets extended attributes in a tree. */
export class XattrWriter {
  constructor(private readonly options: XattrOptions) {}

  /**
   * Sets `xattrs` on the file at `at`. `path` is the name of the entry, for messages.
   * @throws WindlassError LAYER_INVALID when an attribute exceeds the limits of Linux; SystemError for other errors
   */
  set(at: Buffer, path: string, xattrs: ReadonlyMap<string, Buffer>): void {
    for (const [name, value] of xattrs) {
      if (isOverlayXattr(name) || !isImageXattr(name)) {
        this.options.warn(
          'XATTR_FOREIGN',
          `Extended attributes such as ${quotedLatin1(name)} are not set from images (first: ${quotedLatin1(path)})`,
        )
        continue
      }
      if (name.length > maxNameBytes || value.length > maxValueBytes)
        throw invalidEntryError(
          path,
          `its extended attribute ${quotedLatin1(name)} exceeds the limits of Linux`,
          `Linux allows names of up to ${maxNameBytes} bytes and values of up to ${formatExactBytes(maxValueBytes)}. ${nothingKeptHint}`,
        )
      const why = this.#attempt(at, name, value)
      if (why !== undefined)
        this.options.warn(
          'XATTR_SKIPPED',
          `Some extended attributes could not be set (first: ${quotedLatin1(name)} of ${quotedLatin1(path)}: ${why})`,
        )
    }
  }

  /** Removes all attributes that an image may set and that this process may remove. */
  clear(at: Buffer): void {
    if (!systemCallsAvailable()) return
    try {
      for (const name of listXattrs(at)) if (isImageXattr(name)) removeXattr(at, name)
    } catch (error) {
      if (!isUnsupported(errnoOf(error) ?? '')) throw error
    }
  }

  /** Sets an attribute. Returns why it could not be set; undefined on success. */
  #attempt(at: Buffer, name: string, value: Buffer): string | undefined {
    if (this.options.forOrdinaryUser && capabilityFor(name)) return 'the tree is for an ordinary user'
    try {
      setXattr(at, name, value)
      return undefined
    } catch (error) {
      const code = errnoOf(error) ?? ''
      if (code === 'EPERM') return whyNotPermitted(name) ?? code
      if (isUnsupported(code)) return `${code}: the file system does not support it`
      // For example an ACL with ids that the user namespace does not map.
      if (code === 'EINVAL') return `${code}: its value is not accepted here`
      const size = `its ${formatExactBytes(value.length)} are more than`
      if (code === 'E2BIG' || code === 'ERANGE') return `${code}: ${size} the file system accepts`
      // File systems also report ENOSPC when the space for the attributes of one file is used up.
      if (code === 'ENOSPC' && hasRoom(this.options.root))
        return `${code}: ${size} the file system stores for one file`
      throw error
    }
  }
}

/** Reports whether images may set the attribute. `security.selinux`, `security.ima` and similar belong to the host. */
export const isImageXattr = (name: string): boolean =>
  /^(?:user|trusted)\../s.test(name) ||
  name === 'security.capability' ||
  name === 'system.posix_acl_access' ||
  name === 'system.posix_acl_default'

const isUnsupported = (code: string): boolean => ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)

function capabilityFor(name: string): Capability | undefined {
  if (name.startsWith('trusted.')) return 'CAP_SYS_ADMIN'
  return name.startsWith('security.') ? 'CAP_SETFCAP' : undefined
}

function whyNotPermitted(name: string): string | undefined {
  const needed = capabilityFor(name)
  if (needed === undefined || hasCapability(needed)) return undefined
  return process.geteuid?.() === 0 ? `EPERM: this process lacks ${needed}` : 'EPERM: only root may set it'
}

/** Reports whether there is space for the largest attribute: 64 KiB and one inode. */
function hasRoom(root: string): boolean {
  const { bsize, bavail, files, ffree } = statfsSync(root)
  return bsize * bavail > 1 << 18 && (files === 0 || ffree > 0)
}
