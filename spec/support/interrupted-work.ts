/** Work that a pause interrupts once, for specs of what has to be done again after it. */
import { WorkControl } from '../../lib/flow/index.js'

/** Work that begins a short pause of `control` at its first call, and fails with the reason of its signal. */
export class InterruptedWork {
  readonly control = new WorkControl()
  /** Number of calls. */
  calls = 0

  readonly run = async ({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> => {
    if (this.calls++ > 0) return
    this.control.setPaused(true)
    queueMicrotask(() => this.control.setPaused(false))
    await Promise.resolve()
    signal?.throwIfAborted()
  }
}
