/** Progress on a terminal: the present frame, redrawn at most ten times a second; the last one stays. */
import type { Observable } from 'rxjs'
import { emptySnapshot, type PullEvent, reduce } from '../../lib/events/index.js'
import type { ProgressStream } from '../terminal/terminal.js'
import { frame } from './frame.js'
import { Rate } from './rate.js'
import { Screen } from './screen.js'

const interval = 100

/** Settles when the events have completed and the last frame stands. */
export function showOnTerminal(events: Observable<PullEvent>, stream: ProgressStream): Promise<void> {
  const screen = new Screen(stream)
  const rate = new Rate()
  let snapshot = emptySnapshot
  const draw = (rows: number): void => {
    const now = Date.now()
    if (snapshot.totals) rate.add(now, snapshot.totals.fetched)
    screen.draw(frame(snapshot, { columns: screen.columns, rows, now, rate: rate.perSecond }))
  }
  return new Promise((resolve) => {
    // A clock, not the events, redraws: retries count down and rates fall while nothing happens.
    const clock = setInterval(() => draw(screen.rows), interval)
    events.subscribe({
      next: (event) => (snapshot = reduce(snapshot, event)),
      complete: () => {
        clearInterval(clock)
        draw(Infinity)
        screen.close()
        resolve()
      },
    })
  })
}
