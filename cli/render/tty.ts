/**
 * Shows progress on a terminal: redraws the current frame ten times per second and when the terminal is resized. The last frame of a
 * pull stays on the screen.
 */
import type { Observable } from 'rxjs'
import { emptySnapshot, type PullEvent, type PullSnapshot, reduce } from '../../lib/events/index.js'
import type { ProgressStream } from '../terminal/terminal.js'
import { type BoardRest, board, endLines } from './board.js'
import type { View } from './frame-view.js'
import { frame } from './frame.js'
import { type Paint, noPaint } from './paint.js'
import type { ProgressView, ShownPull } from './progress-view.js'
import { Rate } from './rate.js'
import { Screen } from './screen.js'

/** Milliseconds between two frames. */
const interval = 100

/** A pull on the screen. */
interface Entry {
  snapshot: PullSnapshot
  readonly rate: Rate
  readonly over: Promise<void>
}

/** Options of `TerminalView`. */
export interface TerminalViewOptions {
  readonly paint?: Paint
  /** Whether the view is for several pulls, of which each gets less room (false). */
  readonly several?: boolean
  /** Number of pulls that will be added (not known). */
  readonly expected?: number | undefined
}

/** A view on a terminal. */
export class TerminalView implements ProgressView {
  readonly #stream: ProgressStream
  readonly #paint: Paint
  readonly #several: boolean
  /** The pulls that have ended and are not drawn any more. */
  #rest: BoardRest
  readonly #entries = new Set<Entry>()
  readonly #screen: Promise<Screen>
  #ready: Screen | undefined
  #clock: NodeJS.Timeout | undefined

  constructor(
    stream: ProgressStream,
    { paint = noPaint, several = false, expected }: TerminalViewOptions = {},
  ) {
    this.#stream = stream
    this.#paint = paint
    this.#several = several
    this.#rest = { ended: 0, fetched: 0, total: 0, expected }
    // Loaded only if something is drawn: it would delay the start of every command.
    this.#screen = import('log-update').then(
      ({ createLogUpdate }) => (this.#ready = new Screen(stream, createLogUpdate)),
    )
  }

  add(events: Observable<PullEvent>): ShownPull {
    const rate = new Rate()
    let end = (): void => undefined
    const over = new Promise<void>((resolve) => (end = resolve))
    const entry: Entry = { snapshot: emptySnapshot, rate, over }
    this.#entries.add(entry)
    this.#start()
    events.subscribe({
      next: (event) => (entry.snapshot = reduce(entry.snapshot, event)),
      complete: end,
      error: end,
    })
    return { settle: () => this.#settle(entry) }
  }

  async aside<T>(work: () => Promise<T>): Promise<T> {
    const screen = await this.#screen
    screen.hide()
    try {
      return await work()
    } finally {
      screen.show()
    }
  }

  close(): void {
    clearInterval(this.#clock)
    this.#clock = undefined
    this.#stream.off('resize', this.#draw)
    this.#ready?.close()
  }

  /** Waits for the end of a pull, and leaves its last state above the others. */
  async #settle(entry: Entry): Promise<void> {
    await entry.over
    const screen = await this.#screen
    this.#entries.delete(entry)
    const { snapshot } = entry
    // All layers of a pull that is done stay. Of one that is not, what was under way says more than the layers that wait.
    const view = this.#view(screen, snapshot.phase === 'done' ? Infinity : screen.rows, entry.rate)
    const { fetched = 0, total = 0 } = snapshot.totals ?? {}
    const { ended, expected } = this.#rest
    this.#rest = {
      ...{ ended: ended + 1, expected },
      ...{ fetched: this.#rest.fetched + fetched, total: this.#rest.total + total },
    }
    // Drawn before the lines that stay, so that the pull is not on the screen twice.
    if (this.#entries.size > 0) this.#draw()
    else screen.draw([])
    screen.leave(this.#several ? endLines(snapshot, view) : frame(snapshot, view))
  }

  #start(): void {
    if (this.#clock !== undefined) return
    // A timer redraws, because the countdown of a retry and the rate also change without events.
    this.#clock = setInterval(this.#draw, interval)
    this.#stream.on('resize', this.#draw)
  }

  readonly #draw = (): void => {
    const screen = this.#ready
    if (!screen) return
    const now = Date.now()
    for (const { snapshot, rate } of this.#entries)
      if (snapshot.totals) rate.add(now, snapshot.totals.fetched)
    const entries = [...this.#entries]
    const [only] = entries
    const view = this.#view(screen, screen.rows, only?.rate)
    if (!this.#several && only && entries.length === 1) screen.draw(frame(only.snapshot, view))
    else {
      const pulls = entries.map(({ snapshot, rate: { perSecond } }) => ({ snapshot, rate: perSecond }))
      screen.draw(board(pulls, view, this.#rest))
    }
  }

  #view(screen: Screen, rows: number, rate: Rate | undefined): View {
    return { columns: screen.columns, rows, now: Date.now(), rate: rate?.perSecond, paint: this.#paint }
  }
}
