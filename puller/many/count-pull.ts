/** Counts what a pull takes: its time and its bytes. */
import { emptySnapshot, reduce } from '../../lib/events/index.js'
import type { CountedPull } from '../../pipelines/many/pull-many.js'
import type { PulledBytes } from '../../pipelines/many/pull-report.js'
import type { RunningPull } from '../../pipelines/each-pull.js'
import type { Pull } from '../pull-run.js'

/** Returns `running`, which is `pull` as a part of a set, with what it takes. */
export function countPull(running: RunningPull, { events, done }: Pull): CountedPull {
  const began = performance.now()
  let ended: number | undefined
  const end = (): void => void (ended ??= performance.now())
  done.then(end, end)
  let snapshot = emptySnapshot
  events.subscribe((event) => (snapshot = reduce(snapshot, event)))
  const bytes = (): PulledBytes => {
    const { total = 0, toDownload = 0, fetched = 0 } = snapshot.totals ?? {}
    // A download that started over may have fewer bytes than the store had before it.
    return { total, downloaded: Math.max(0, fetched - (total - toDownload)) }
  }
  return {
    ...{ done, cancel: (reason) => running.cancel(reason), closed: () => running.closed() },
    cost: () => ({ duration: Math.round((ended ?? performance.now()) - began), bytes: bytes() }),
  }
}
