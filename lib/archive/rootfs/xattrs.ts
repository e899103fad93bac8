/**
 * Sets the extended attributes of what was made in a tree. One that this system, file system or user cannot have is left
 * out and told once: the rest of the layer is no worse for it.
 */
import { statfsSync } from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import {
  type Capability,
  available,
  hasCapability,
  listXattrs,
  removeXattr,
  setXattr,
} from '../../system/index.js'
import { quoted } from '../tar/refusal.js'
import { isOverlayXattr } from '../whiteouts/form.js'
import { invalidEntry } from '../failure.js'
import type { Warn } from './warnings.js'

/** `XATTR_NAME_MAX` and `XATTR_SIZE_MAX` of linux/limits.h, in bytes. */
const longestName = 255
const maxValueBytes = 65_536

export interface XattrOptions {
  /** The root of the tree, a path of this process. */
  readonly root: string
  readonly warn: Warn
  /** Set only what an ordinary user could have set: the tree is for one. */
  readonly ordinary: boolean
}

export class XattrWriter {
  constructor(private readonly options: XattrOptions) {}

  /**
   * Sets all on `at`, which `path` is the name of in messages.
   * @throws WindlassError LAYER_INVALID for one that no Linux can hold
   */
  set(at: Buffer, path: string, xattrs: ReadonlyMap<string, Buffer>): void {
    for (const [name, value] of xattrs) {
      if (isOverlayXattr(name) || !isOfImages(name)) {
        this.options.warn(
          'XATTR_FOREIGN',
          `Extended attributes such as ${quoted(name)} are not taken from images (${quoted(path)} is the first)`,
        )
        continue
      }
      if (name.length > longestName || value.length > maxValueBytes)
        throw invalidEntry(
          path,
          `its extended attribute ${quoted(name)} is none that Linux takes`,
          `Linux takes names of ${longestName} bytes and values of ${maxValueBytes}.`,
        )
      const why = this.#attempt(at, name, value)
      if (why !== undefined)
        this.options.warn(
          'XATTR_SKIPPED',
          `Extended attributes could not all be set: ${quoted(name)} on ${quoted(path)} is the first (${why})`,
        )
    }
  }

  /** Removes all that an image may set, as far as this process may. */
  clear(at: Buffer): void {
    if (!available()) return
    try {
      for (const name of listXattrs(at)) if (isOfImages(name)) removeXattr(at, name)
    } catch (error) {
      if (!isRefusal(errnoOf(error) ?? '')) throw error
    }
  }

  /** Why it could not be set; undefined where it was. */
  #attempt(at: Buffer, name: string, value: Buffer): string | undefined {
    if (this.options.ordinary && neededFor(name)) return 'the tree is for an ordinary user'
    try {
      setXattr(at, name, value)
      return undefined
    } catch (error) {
      const code = errnoOf(error) ?? ''
      if (code === 'EPERM') return lacking(name) ?? code
      if (isRefusal(code)) return `${code}: the file system has none of that kind`
      // An ACL of ids that the user namespace does not map, for one.
      if (code === 'EINVAL') return `${code}: its value is not taken here`
      const size = `its ${value.length} bytes are more than`
      if (code === 'E2BIG' || code === 'ERANGE') return `${code}: ${size} the file system takes`
      // A disk with room says so too of an attribute for which the file system has no place.
      if (code === 'ENOSPC' && hasRoom(this.options.root))
        return `${code}: ${size} the file system holds for one file`
      throw error
    }
  }
}

/** `security.selinux`, `security.ima` and the like belong to the host, not to an image. */
export const isOfImages = (name: string): boolean =>
  /^(?:user|trusted)\../s.test(name) ||
  name === 'security.capability' ||
  name === 'system.posix_acl_access' ||
  name === 'system.posix_acl_default'

const isRefusal = (code: string): boolean => ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)

function neededFor(name: string): Capability | undefined {
  if (name.startsWith('trusted.')) return 'CAP_SYS_ADMIN'
  return name.startsWith('security.') ? 'CAP_SETFCAP' : undefined
}

function lacking(name: string): string | undefined {
  const needed = neededFor(name)
  if (needed === undefined || hasCapability(needed)) return undefined
  return process.geteuid?.() === 0 ? `EPERM: this process lacks ${needed}` : 'EPERM: only root may set it'
}

/** More than the largest attribute takes: 64 KiB, and one inode. */
function hasRoom(root: string): boolean {
  const { bsize, bavail, files, ffree } = statfsSync(root)
  return bsize * bavail > 1 << 18 && (files === 0 || ffree > 0)
}
