/**
 * Draws lines on a terminal repeatedly in the same place, below the previous output. `log-update` draws: it writes only the lines
 * that changed, each frame at once (synchronized output). This class does what `log-update` does not:
 * - It hides the cursor of the stream that is drawn on. That of `log-update` is always the one of stderr, and comes with listeners
 *   for signals, which are those of `interruptible`.
 * - It erases what a terminal has wrapped since it became narrower. `log-update` erases as many rows as it wrote.
 * - It leaves lines above the drawing that are more than the terminal has rows. `log-update` cuts them.
 */
import { stripVTControlCharacters } from 'node:util'
import type { createLogUpdate } from 'log-update'
import { type Drawing, setDrawing } from '../terminal/drawing.js'
import type { ProgressStream } from '../terminal/terminal.js'

const escape = '\u001b['
const hideCursor = `${escape}?25l`
const showCursor = `${escape}?25h`
const eraseLineAbove = `${escape}1A${escape}2K`

/** The part of `log-update` that draws. */
export type CreateUpdate = typeof createLogUpdate

/** An area of a terminal. The cursor is hidden from the first `draw` to `close`. */
export class Screen implements Drawing {
  readonly #stream: ProgressStream
  readonly #update: ReturnType<CreateUpdate>
  /** The lines that are on the terminal. */
  #drawn: readonly string[] = []
  /** The lines that are to be on the terminal when nothing hides them. */
  #wanted: readonly string[] = []
  #width = 0
  #open = false
  #hidden = 0

  /** @param create `createLogUpdate` of log-update, which is loaded only if something is drawn */
  constructor(stream: ProgressStream, create: CreateUpdate) {
    this.#stream = stream
    this.#update = create(stream as NodeJS.WritableStream, {
      showCursor: true,
      defaultWidth: 80,
      defaultHeight: 24,
    })
  }

  /**
   * Usable columns: one less than the terminal has, because a line that fills the last column wraps on some terminals.
   */
  get columns(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** Usable rows: one less than the terminal has, because the cursor is below the drawing. */
  get rows(): number {
    return Math.max(1, (this.#stream.rows || 24) - 1)
  }

  /** Replaces the drawing by `lines`, of which there are at most `rows`, none wider than `columns`. */
  draw(lines: readonly string[]): void {
    this.#wanted = lines
    if (this.#hidden > 0) return
    if (!this.#open) this.#begin()
    const width = this.#stream.columns || 80
    if (this.#drawn.length > 0 && width !== this.#width) this.#erase()
    this.#width = width
    if (lines.length > 0) this.#update(lines.join('\n'))
    else if (this.#drawn.length > 0) this.#erase()
    this.#drawn = lines
  }

  /** Writes lines above the drawing. They stay, whatever their number. */
  leave(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.hide()
    this.#stream.write(lines.map((line) => `${line}\n`).join(''))
    this.show()
  }

  hide(): void {
    if (this.#hidden++ > 0 || this.#drawn.length === 0) return
    this.#erase()
    this.#drawn = []
  }

  show(): void {
    if (--this.#hidden === 0 && this.#open) this.draw(this.#wanted)
  }

  /** Ends the drawing and shows the cursor. What `draw` drew is removed, what `leave` left stays. */
  close(): void {
    if (!this.#open) return
    this.draw([])
    setDrawing(this.#stream, undefined)
    process.off('exit', this.#restore)
    this.#restore()
    this.#open = false
  }

  #begin(): void {
    this.#open = true
    process.once('exit', this.#restore)
    setDrawing(this.#stream, this)
    this.#stream.write(hideCursor)
  }

  readonly #restore = (): void => {
    this.#stream.write(showCursor)
  }

  /** Removes the drawing from the terminal, with the rows into which a narrower terminal has wrapped its lines. */
  #erase(): void {
    const width = this.#stream.columns || 80
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / width)),
      0,
    )
    this.#update.clear()
    this.#stream.write(eraseLineAbove.repeat(rows - this.#drawn.length))
  }
}

const visibleLength = (line: string): number => stripVTControlCharacters(line).length
