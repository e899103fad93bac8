/** Formats rows as a table. */

/** A column whose cells may be cut so that the table fits. */
export interface FlexibleColumn {
  readonly at: number
  /** Number of characters that stay at least. */
  readonly least: number
  /** Cuts a cell to a number of characters. */
  readonly cut: (cell: string, columns: number) => string
}

/** Options of `table`. */
export interface TableOptions {
  /** Width of the terminal (no limit). */
  readonly columns?: number | undefined
  /** The columns that are cut if the table is wider, in this order. */
  readonly flexible?: readonly FlexibleColumn[]
}

const gap = 2

/** Formats rows below a head. Columns are as wide as their widest cell and separated by two spaces. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { columns = Infinity, flexible = [] }: TableOptions = {},
): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const tooWide = (): number =>
    widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1) - columns
  for (const { at, least } of flexible) {
    const width = widths[at] ?? 0
    widths[at] = Math.min(width, Math.max(least, head[at]?.length ?? 0, width - Math.max(0, tooWide())))
  }
  const cuts = new Map(flexible.map(({ at, cut }) => [at, cut]))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return (cuts.get(column)?.(cell, width) ?? cell).padEnd(width)
      })
      .join(' '.repeat(gap))
      .trimEnd()
  return all.map((row) => `${line(row)}\n`).join('')
}
