/** Lines of a terminal that are drawn over and over in the same place, below what was there before. */
import type { ProgressStream } from '../terminal/terminal.js'

const escape = '\u001b['
const hideCursor = `${escape}?25l`
const showCursor = `${escape}?25h`
const clearLine = `${escape}K`
const clearBelow = `${escape}J`

export class Screen {
  readonly #stream: ProgressStream
  #drawn: readonly string[] = []
  #open = false

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  /** One less than there are: a line that fills the last column wraps on some terminals. */
  get columns(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1)
  }

  /** One less than there are: the cursor stands below the drawing. */
  get rows(): number {
    return Math.max(1, (this.#stream.rows ?? 24) - 1)
  }

  /** Draws `lines` where the lines before were; none may be wider than `columns`. One write, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#open && same(lines, this.#drawn)) return
    const start = this.#open ? '' : hideCursor
    if (!this.#open) process.once('exit', this.#restore)
    this.#open = true
    const text = lines.map((line) => `${line}${clearLine}\n`).join('')
    this.#stream.write(`${start}${this.#home()}${text}${clearBelow}`)
    this.#drawn = lines
  }

  /** Leaves the drawing where it is. */
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
   * To the first line of the drawing. A terminal that was made narrower has wrapped the lines since; one that moved them
   * into its scrollback keeps a torn frame there, which no program can reach.
   */
  #home(): string {
    const width = this.#stream.columns || 80
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / width)), 0)
    return rows > 0 ? `\r${escape}${rows}A` : '\r'
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, index) => line === b[index])
