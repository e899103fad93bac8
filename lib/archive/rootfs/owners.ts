/** Sets the owners of new entries. Warns about owners that this process is not permitted to set. */
import { errnoOf } from '../../system/errno.js'
import { whyCannotChown, isInUserNamespace } from '../../system/index.js'
import { quotedLatin1 } from '../tar/refusal.js'
import { invalidEntryError } from '../failure.js'
import type { Warn } from './warnings.js'

/** A user and a group. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * The owners of files. `image`: as the layer specifies, which requires root with its capabilities. `process`: the user
 * of this process. An `Owner`: that ordinary user, for whom devices and privileged attributes are skipped; requires
 * root.
 */
export type OwnerPolicy = 'image' | 'process' | Owner

/** An entry with the owner that the layer specifies. */
interface Owned extends Owner {
  /** The name of the entry, for messages. */
  readonly path: string
}

/** The id that `chown` interprets as "do not change"; no file can have it. */
const noId = 2 ** 32 - 1

/** Errors that mean that the owner cannot be set. EINVAL: the user namespace does not map the id. */
const refusals: readonly string[] = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']

/** Returns the default policy: `image` if the process can change owners, otherwise `process`. */
export const policyOfProcess = (): OwnerPolicy => (whyCannotChown() === undefined ? 'image' : 'process')

/** Sets owners according to a policy. */
export class OwnerWriter {
  /** The owner of directories without an entry in the layer. */
  readonly implied: Owner
  readonly #process: Owner = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  /** The owner of all entries; undefined if the layer specifies the owners. */
  readonly #fixedOwner: Owner | undefined

  /** @param initialOwner the owner that new entries have when they are created, if known */
  constructor(
    readonly policy: OwnerPolicy,
    private readonly warn: Warn,
    private readonly initialOwner: Owner | undefined,
  ) {
    this.#fixedOwner = policy === 'image' ? undefined : policy === 'process' ? this.#process : policy
    this.implied = this.#fixedOwner ?? { uid: 0, gid: 0 }
  }

  /**
   * Calls `change` unless the entry is known to have the right owner already. Returns whether the owner was set.
   * @param isOwnerUnknown whether the entry may have another owner than new entries have
   * @throws WindlassError LAYER_INVALID for an owner out of range; the errors of `change`
   */
  setOwner(owned: Owned, change: (uid: number, gid: number) => void, isOwnerUnknown = false): boolean {
    const { path, uid, gid } = owned
    if (!isId(uid) || !isId(gid)) throw invalidEntryError(path, `its owner ${uid}:${gid} is out of range`)
    const owner = this.#fixedOwner ?? this.#imageOwner(owned)
    if (this.#fixedOwner !== undefined && (owner.uid !== uid || owner.gid !== gid))
      this.#warnOfPolicy(owner, path)
    if (!isOwnerUnknown && owner.uid === this.initialOwner?.uid && owner.gid === this.initialOwner.gid)
      return false
    // A new entry already belongs to this process.
    if (!isOwnerUnknown && this.policy === 'process') return false
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

  #imageOwner({ path, uid, gid }: Owned): Owner {
    if (uid !== noId && gid !== noId) return { uid, gid }
    this.warn(
      'OWNER_NONE',
      `Files with the owner ${noId}, which no file can have, belong to root (first: ${quotedLatin1(path)})`,
    )
    return { uid: ownerIdOf(uid), gid: ownerIdOf(gid) }
  }

  #warnOfPolicy({ uid, gid }: Owner, path: string): void {
    const why =
      this.policy === 'process'
        ? (whyCannotChown() ?? 'this process does not set owners')
        : `the store belongs to user ${uid}`
    this.warn(
      'OWNER_SKIPPED',
      `Files belong to ${uid}:${gid} instead of the owners in the layer: ${why} (first: ${quotedLatin1(path)})`,
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
      `Files belong to ${ours}:${group} where their owners could not be set: ${why} (first: ${quotedLatin1(path)} of ${uid}:${gid})`,
    )
  }
}

const isId = (id: number): boolean => Number.isInteger(id) && id >= 0 && id <= noId

/**
 * Returns the user or group id for an id in the layer: root for 2^32 - 1, which is not a valid id. podman, containerd
 * and Docker do the same.
 */
export const ownerIdOf = (id: number): number => (id === noId ? 0 : id)
