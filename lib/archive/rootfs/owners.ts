/** Sets the owners of new entries as far as the process is permitted to, and warns once otherwise. */
import { errnoOf } from '../../system/errno.js'
import { cannotGiveAway, isInUserNamespace } from '../../system/index.js'
import { quoted } from '../tar/refusal.js'
import { invalidEntry } from '../failure.js'
import type { Warn } from './warnings.js'

/** A user and a group. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Determines the owners of files. `image`: as the layer specifies, which requires root with its capabilities.
 * `process`: this process. An `Owner`: that user, and the tree contains nothing that the user could not create;
 * requires root.
 */
export type OwnerPolicy = 'image' | 'process' | Owner

interface Owned extends Owner {
  /** The name of the entry, for messages. */
  readonly path: string
}

/** The id that `chown` interprets as "do not change"; no file can have it. */
const noId = 2 ** 32 - 1

/** Errors that mean that the owner cannot be set. EINVAL: the user namespace does not map the id. */
const refusals: readonly string[] = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']

/** Returns the default policy: `image` if the process can change owners, otherwise `process`. */
export const policyOfProcess = (): OwnerPolicy => (cannotGiveAway() === undefined ? 'image' : 'process')

/** Sets owners according to a policy. */
export class OwnerWriter {
  /** The owner of entries that the layer does not list. */
  readonly implied: Owner
  readonly #process: Owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  /** The owner of all entries, regardless of the layer. */
  readonly #all: Owner | undefined

  /** @param born the owner of new entries before it is changed, if known */
  constructor(
    readonly policy: OwnerPolicy,
    private readonly warn: Warn,
    private readonly born: Owner | undefined,
  ) {
    this.#all = policy === 'image' ? undefined : policy === 'process' ? this.#process : policy
    this.implied = this.#all ?? { uid: 0, gid: 0 }
  }

  /**
   * Calls `change` if the entry does not have the right owner yet, and returns whether the owner was set. Most files of
   * most images belong to root, so this saves calls.
   * @param stale whether the current owner is that of a lower layer or unknown
   * @throws WindlassError LAYER_INVALID for an owner out of range; the errors of `change`
   */
  give(owned: Owned, change: (uid: number, gid: number) => void, stale = false): boolean {
    const { path, uid, gid } = owned
    if (!isId(uid) || !isId(gid)) throw invalidEntry(path, `its owner ${uid}:${gid} is out of range`)
    const owner = this.#all ?? this.#ofImage(owned)
    if (this.#all !== undefined && (owner.uid !== uid || owner.gid !== gid)) this.#warnOfPolicy(owner, path)
    if (!stale && owner.uid === this.born?.uid && owner.gid === this.born.gid) return false
    // New entries belong to this process; only directories of lower layers may not.
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
      `Files with the owner ${noId}, which no file can have, belong to root (first: ${quoted(path)})`,
    )
    return { uid: ownerOf(uid), gid: ownerOf(gid) }
  }

  #warnOfPolicy({ uid, gid }: Owner, path: string): void {
    const why =
      this.policy === 'process'
        ? (cannotGiveAway() ?? 'this process does not set owners')
        : `the store belongs to user ${uid}`
    this.warn(
      'OWNER_SKIPPED',
      `Files belong to ${uid}:${gid} instead of the owners in the layer: ${why} (first: ${quoted(path)})`,
    )
  }

  #warnOfRefusal({ uid, gid }: Owner, path: string, code: string): void {
    const { uid: ours, gid: group } = this.#process
    const why =
      code === 'EINVAL' && isInUserNamespace()
        ? 'the user namespace of this process does not map all of their ids'
        : `the file system does not change them (${code})`
    this.warn(
      'OWNER_SKIPPED',
      `Files belong to ${ours}:${group} where their owners could not be set: ${why} (first: ${quoted(path)} of ${uid}:${gid})`,
    )
  }
}

const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= noId

/**
 * Returns the owner for an id of the layer. Like podman, containerd and Docker, leaves files without an owner to root.
 */
export const ownerOf = (id: number): number => (id === noId ? 0 : id)
