/** Adjusts the number of concurrent downloads while layers are downloaded (`maxDownloads: 'auto'`). */
import type { Scope } from '../../lib/flow/index.js'
import type { Downloads } from '../../lib/stages/index.js'
import { AutoSlots } from '../../lib/transfer/index.js'
import type { PullerLimits } from './live-limits.js'

/** Milliseconds between two samples of the download rate. */
const interval = 100

/** Measures the downloads of one puller and sets its limit `maxDownloads` to the number that `AutoSlots` computes. */
export class AutoDownloads {
  readonly #auto = new AutoSlots()

  constructor(private readonly limits: PullerLimits) {}

  /** Records that a registry refused a download temporarily (HTTP 429). */
  readonly onRefused = (): void => {
    this.#auto.recordRefusal(performance.now())
    this.limits.setAutoDownloads(this.#auto.slots)
  }

  /**
   * Samples `downloads` until `lifetime` ends or the program sets the limit. The timer does not keep the process
   * running.
   */
  watch(downloads: Pick<Downloads, 'load' | 'received'>, lifetime: Scope): void {
    const timer = setInterval(() => {
      if (!this.limits.isAuto) {
        clearInterval(timer)
        return
      }
      this.#auto.sample(performance.now(), { bytes: downloads.received, ...downloads.load })
      this.limits.setAutoDownloads(this.#auto.slots)
    }, interval)
    timer.unref()
    lifetime.defer(() => clearInterval(timer))
  }
}
