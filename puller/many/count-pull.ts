/** Measures the duration of a pull and counts its bytes. */
import { emptySnapshot, reduce } from '../../lib/events/index.js'
import type { CountedPull } from '../../pipelines/many/pull-many.js'
import type { PulledBytes } from '../../pipelines/many/pull-report.js'
import type { RunningPull } from '../../pipelines/each-pull.js'
import type { Pull } from '../pull-run.js'

/** Returns `running` with `cost` added. @param pull the pull that `running` controls as part of a set */
export function countPull(running: RunningPull, pull: Pull): CountedPull {
  const { events, done } = pull
  const startedAt = performance.now()
  let ended: number | undefined
  const end = (): void => void (ended ??= performance.now())
  done.then(end, end)
  let snapshot = emptySnapshot
  events.subscribe((event) => (snapshot = reduce(snapshot, event)))
  const bytes = (): PulledBytes => {
    const { total = 0, toDownload = 0, fetched = 0 } = snapshot.totals ?? {}
    // A download that starts over may have received fewer bytes than the store had before.
    return { total, downloaded: Math.max(0, fetched - (total - toDownload)) }
  }
  return {
    ...{ done, cancel: (reason) => running.cancel(reason), closed: () => running.closed() },
    cost: () => ({ duration: Math.round((ended ?? performance.now()) - startedAt), bytes: bytes() }),
  }
}
