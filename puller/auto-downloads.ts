/** Lets the number of concurrent downloads follow what `AutoSlots` finds, while layers are downloaded. */
import type { Scope } from '../lib/flow/index.js'
import type { Downloads } from '../lib/stages/index.js'
import { AutoSlots } from '../lib/transfer/index.js'
import type { PullerLimits } from './live-limits.js'

/** Milliseconds between two samples. */
const interval = 100

/** Finds the number of downloads of one puller. */
export class AutoDownloads {
  readonly #auto = new AutoSlots()

  constructor(private readonly limits: PullerLimits) {}

  /** A registry refused a download for the time being. */
  readonly refused = (): void => {
    this.#auto.refused(performance.now())
    this.limits.setFound(this.#auto.slots)
  }

  /** Takes samples of `downloads` until `lifetime` ends or the number is set by hand. Keeps no process running. */
  watch(downloads: Pick<Downloads, 'load' | 'received'>, lifetime: Scope): void {
    const timer = setInterval(() => {
      if (!this.limits.isAuto) {
        clearInterval(timer)
        return
      }
      this.#auto.sample(performance.now(), { bytes: downloads.received, ...downloads.load })
      this.limits.setFound(this.#auto.slots)
    }, interval)
    timer.unref()
    lifetime.defer(() => clearInterval(timer))
  }
}
