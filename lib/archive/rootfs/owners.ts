/** Gives what was made in a tree to its owner, as far as this process may, and says once why it may not. */
import { errnoOf } from '../../system/errno.js'
import { cannotGiveAway, isInUserNamespace } from '../../system/index.js'
import { quoted } from '../tar/refusal.js'
import { invalidEntry } from '../failure.js'
import type { Warn } from './warnings.js'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * `image`: files belong to whom the layer says (needs root with its capabilities). `process`: to this process. An owner:
 * to that user, with nothing in the tree that the user could not have made (needs root).
 */
export type OwnerPolicy = 'image' | 'process' | Owner

interface Owned extends Owner {
  /** The name of the entry, for messages. */
  readonly path: string
}

/** To `chown`, "leave it as it is": no file can belong to it. */
const noId = 2 ** 32 - 1

/** What refuses a change of owner and stands for "not here": EINVAL for an id that the user namespace does not map. */
const refusals: readonly string[] = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']

/** The policy of a process that was told none. */
export const policyOfProcess = (): OwnerPolicy => (cannotGiveAway() === undefined ? 'image' : 'process')

export class OwnerWriter {
  /** Who owns what no entry names. */
  readonly implied: Owner
  readonly #process: Owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  /** Whom everything belongs to, whatever the layer says. */
  readonly #all: Owner | undefined

  /** @param born who owns what is made in the tree before anybody says otherwise, where that is known */
  constructor(
    readonly policy: OwnerPolicy,
    private readonly warn: Warn,
    private readonly born: Owner | undefined,
  ) {
    this.#all = policy === 'image' ? undefined : policy === 'process' ? this.#process : policy
    this.implied = this.#all ?? { uid: 0, gid: 0 }
  }

  /**
   * Has `change` set the owner where it is not the right one from the start: most files of most images belong to root.
   * Answers whether the owner was set.
   * @param stale it belongs to whom a lower layer says, or to nobody knows whom
   * @throws WindlassError LAYER_INVALID for an owner that is none
   */
  give(owned: Owned, change: (uid: number, gid: number) => void, stale = false): boolean {
    const { path, uid, gid } = owned
    if (!isId(uid) || !isId(gid)) throw invalidEntry(path, `its owner ${uid}:${gid} is out of range`)
    const owner = this.#all ?? this.#ofImage(owned)
    if (this.#all !== undefined && (owner.uid !== uid || owner.gid !== gid)) this.#warnOfPolicy(owner, path)
    if (!stale && owner.uid === this.born?.uid && owner.gid === this.born.gid) return false
    // What this process makes is its own, unless it stands in a directory of a lower layer.
    if (!stale && this.policy === 'process') return false
    try {
      change(owner.uid, owner.gid)
      return true
    } catch (error) {
      const code = errnoOf(error) ?? ''
      if (!refusals.includes(code)) throw error
      if (this.policy !== 'process') this.#warnOfRefusal(owner, path, code)
      return false
    }
  }

  #ofImage({ path, uid, gid }: Owned): Owner {
    if (uid !== noId && gid !== noId) return { uid, gid }
    this.warn(
      'OWNER_NONE',
      `Files of the owner ${noId}, which no file can have, belong to root (${quoted(path)} is the first)`,
    )
    return { uid: ownerOf(uid), gid: ownerOf(gid) }
  }

  #warnOfPolicy({ uid, gid }: Owner, path: string): void {
    const why =
      this.policy === 'process'
        ? (cannotGiveAway() ?? 'this process was told not to set them')
        : `the store belongs to user ${uid}`
    this.warn(
      'OWNER_SKIPPED',
      `Files belong to ${uid}:${gid} and not to the owners that the layer says: ${why} (${quoted(path)} is the first)`,
    )
  }

  #warnOfRefusal({ uid, gid }: Owner, path: string, code: string): void {
    const { uid: ours, gid: group } = this.#process
    const why =
      code === 'EINVAL' && isInUserNamespace()
        ? `the user namespace of this process does not have all of their ids`
        : `the file system refuses to change them (${code})`
    this.warn(
      'OWNER_SKIPPED',
      `Files belong to ${ours}:${group} where the owners that the layer says could not be set: ${why} (${quoted(path)}, of ${uid}:${gid}, is the first)`,
    )
  }
}

const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= noId

/** Whom a file of that owner belongs to: podman, containerd and Docker leave it to whom it was made by, root. */
export const ownerOf = (id: number): number => (id === noId ? 0 : id)
