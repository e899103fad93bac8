/** Leases of images: they protect images from garbage collection for a time. */
import { hasExpired, type Lease, withoutHolds } from '../../lib/store/index.js'
import { leaseImage } from '../../pipelines/stored/lease.js'
import type { LazyParts } from '../lazy-parts.js'
import { checkArgument, checkOptions } from '../options/check-options.js'
import { abortSignal, anyText, numberWithin, text } from '../options/option-codecs.js'
import type { OptionTable } from '../options/option-table.js'
import type { RunningWork } from '../running-work.js'

/** Options of `leases.add`. */
export interface LeaseOptions {
  /** Who needs the image, for people: a job, a host, a program. */
  readonly owner: string
  /** Milliseconds until the lease ends by itself (it lasts until it is removed). */
  readonly duration?: number
  readonly signal?: AbortSignal
}

/** Options of `leases.add`. */
export const leaseTable = {
  owner: { codec: text, help: 'who needs the image' },
  duration: {
    codec: numberWithin(1, Number.MAX_SAFE_INTEGER, ' of milliseconds'),
    help: 'when the lease ends by itself, such as 12h or 7d; none: when it is removed',
  },
  signal: { codec: abortSignal },
} satisfies OptionTable<LeaseOptions>

/** A lease as `leases.list` returns it. */
export interface ListedLease extends Lease {
  /** Whether the lease has ended. It protects nothing any more, and the next collection removes it. */
  readonly expired: boolean
}

/** All leases of a store. */
export interface LeaseList {
  /** Oldest first. */
  readonly leases: readonly ListedLease[]
  /**
   * Ids of leases whose files are damaged. It is unknown what they protect, so nothing is collected until they are
   * removed.
   */
  readonly damaged: readonly string[]
}

/** The leases of one store. See `StoreMethods.leases`. */
export class Leases {
  /** @internal */
  constructor(
    private readonly shared: {
      readonly parts: LazyParts
      readonly work: RunningWork
      readonly namesOf: (word: string) => readonly string[]
      readonly assertOpen: () => void
    },
  ) {}

  /**
   * Leases an image of the store: garbage collection by any process removes neither its content nor, with `keepStorage` and
   * `unusedFor`, its names. The lease is for what the name points at now. It is on the disk when this resolves.
   *
   * @param image a name as `Windlass.images` lists it, a digest, a key, or the start of an image ID
   * @throws IMAGE_UNKNOWN; USAGE for an invalid option or an ambiguous ID; STORE_*
   * @example
   * const { id } = await windlass.leases.add('alpine:3.20', { owner: 'build 17', duration: 3_600_000 })
   */
  async add(image: string, options: LeaseOptions): Promise<Lease> {
    checkArgument('leases.add', 'image', anyText, image)
    checkOptions('leases.add', leaseTable, options)
    checkArgument('leases.add', 'owner', text, options.owner)
    this.shared.assertOpen()
    const { owner, duration, signal } = options
    return this.shared.work.runWithStore('lease', signal, ({ store }, stop) =>
      leaseImage(image, { owner, duration }, store, stop, this.shared.namesOf),
    )
  }

  /** Returns the leases, also expired and damaged ones; none if there is no store. @throws STORE_* */
  async list(): Promise<LeaseList> {
    const { parts, assertOpen } = this.shared
    assertOpen()
    if (!(await parts.storeExists())) return { leases: [], damaged: [] }
    const { leases, damaged } = await (await parts.open()).store.leases.list()
    const now = Date.now()
    return {
      leases: leases.map((lease) => ({ ...withoutHolds(lease), expired: hasExpired(lease, now) })),
      damaged,
    }
  }

  /** Removes a lease before its end. Returns whether there was one with this id. @throws STORE_* */
  async remove(id: string): Promise<boolean> {
    checkArgument('leases.remove', 'id', anyText, id)
    this.shared.assertOpen()
    return this.shared.work.runWithStore('remove a lease', undefined, ({ store }) => store.leases.remove(id))
  }
}
