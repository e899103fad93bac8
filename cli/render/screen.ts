/** Draws lines on a terminal repeatedly in the same place, below the previous output. */
import type { ProgressStream } from '../terminal/terminal.js'

const escape = '\u001b['
const hideCursor = `${escape}?25l`
const showCursor = `${escape}?25h`
const clearLine = `${escape}K`
const clearBelow = `${escape}J`

/** An area of a terminal. The cursor is hidden from the first `draw` to `close`. */
export class Screen {
  readonly #stream: ProgressStream
  #drawn: readonly string[] = []
  #open = false

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  /**
   * Usable columns: one less than the terminal has, because a line that fills the last column wraps on some terminals.
   */
  get columns(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** Usable rows: one less than the terminal has, because the cursor is below the drawing. */
  get rows(): number {
    return Math.max(1, (this.#stream.rows ?? 24) - 1)
  }

  /** Replaces the drawing by `lines`, none of them wider than `columns`. A single write avoids flicker. */
  draw(lines: readonly string[]): void {
    if (this.#open && areEqual(lines, this.#drawn)) return
    const start = this.#open ? '' : hideCursor
    if (!this.#open) process.once('exit', this.#restore)
    this.#open = true
    const text = lines.map((line) => `${line}${clearLine}\n`).join('')
    this.#stream.write(`${start}${this.#home()}${text}${clearBelow}`)
    this.#drawn = lines
  }

  /** Ends the drawing, leaves it on the screen and shows the cursor. */
  close(): void {
    if (!this.#open) return
    process.off('exit', this.#restore)
    this.#restore()
    this.#open = false
    this.#drawn = []
  }

  readonly #restore = (): void => {
    this.#stream.write(showCursor)
  }

  /**
   * Returns the escape sequence that moves the cursor to the first line of the drawing. If the terminal became
   * narrower, it has wrapped the lines, so they are counted by its current width.
   */
  #home(): string {
    const width = this.#stream.columns || 80
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0)
    return rows > 0 ? `\r${escape}${rows}A` : '\r'
  }
}

const areEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index])
