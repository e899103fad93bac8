/** Shows progress on a terminal: redraws the current frame ten times per second. The last frame stays on the screen. */
import type { Observable } from 'rxjs'
import { emptySnapshot, type PullEvent, reduce } from '../../lib/events/index.js'
import type { ProgressStream } from '../terminal/terminal.js'
import { frame } from './frame.js'
import { Rate } from './rate.js'
import { Screen } from './screen.js'

/** Milliseconds between two frames. */
const interval = 100

/** Shows `events` on `stream`. Resolves when the events have completed and the last frame is drawn. */
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
    // A timer redraws, because the countdown of a retry and the rate also change without events.
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
