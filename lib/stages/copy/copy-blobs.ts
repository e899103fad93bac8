/** Copies blobs to a target, several at a time. */
import { type Observable, defer, finalize } from 'rxjs'
import { Actor, Scope, SlotCount, type Stage, pausableReplies, through } from '../../flow/index.js'
import { type BlobAttempts, copyBlob } from '../../transfer/copy/copy-blob.js'
import type { BlobTask, CopiedBlob } from '../../transfer/copy/elements.js'
import { RetryCountdown } from '../../transfer/retry-countdown.js'
import { type RetryPolicy, defaultRetryPolicy, retryingTransfers } from '../../transfer/retry-policy.js'

/** Limits of the copies of blobs. */
export interface BlobCopyLimits {
  /** Maximum number of blobs that are copied concurrently, over all copies (3). */
  readonly slots?: number
  /** Default: `defaultRetryPolicy`. A retry sends the blob from its first byte. */
  readonly retry?: RetryPolicy
}

/**
 * Runs the copies of blobs, at most `slots` concurrently, in the order of their priorities, and of their requests if these
 * are equal.
 */
export class BlobCopies {
  /** Number of slots of the stages that use these copies. */
  readonly slotCount: SlotCount
  readonly #actor: Actor<BlobAttempts, CopiedBlob>

  /** @param scope - waits for the copies in progress */
  constructor({ slots = 3, retry = defaultRetryPolicy }: BlobCopyLimits = {}, scope: Scope = new Scope()) {
    this.slotCount = new SlotCount(slots)
    const decide = retryingTransfers(retry)
    this.#actor = new Actor(() => copyBlob(decide), { name: 'copies', slots, supervise: decide }, scope)
  }

  /** Maximum number of blobs that are copied concurrently. */
  get slots(): number {
    return this.slotCount.value
  }

  /**
   * Changes the maximum number of blobs that are copied concurrently. Running copies are not
   * interrupted.
   */
  resize(slots: number): void {
    this.#actor.resize(slots)
    this.slotCount.set(slots)
  }

  /**
   * Emits the blob when the target has it. A pause ends the transfer and frees its slot; when the pause ends, the blob is
   * sent again from its first byte.
   * @throws the final failure of the copy
   */
  copy(task: BlobTask, scope: Scope): Observable<CopiedBlob> {
    return defer(() => {
      const countdown = new RetryCountdown()
      const priority = (): number => task.control?.priority ?? 0
      let wasAsked = false
      return pausableReplies(task.control, () => {
        const attempts = { ...task, countdown, wasInterrupted: wasAsked }
        wasAsked = true
        return this.#actor.ask(attempts, scope, { priority }).pipe(finalize(() => countdown.stop()))
      })
    })
  }
}

/**
 * Returns the stage that copies blobs. A blob that the target has is not sent; a blob in another repository of the same
 * registry is mounted.
 * @throws the final failure of a copy
 */
export function copyBlobs(copies: BlobCopies): Stage<BlobTask, CopiedBlob> {
  return through((task: BlobTask, scope) => copies.copy(task, scope), {
    ...{ name: 'copy-blobs', slots: copies.slotCount },
  })
}
