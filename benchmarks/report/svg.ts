/** Draws with Observable Plot without a browser, and places plots and text in one document. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** The part of a DOM element that is used. The project is compiled without the types of a browser. */
interface Drawn {
  setAttribute(name: string, value: string): void
  readonly outerHTML: string
}

/** Renders a plot as SVG. */
export function svgOf(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  const plot: Drawn = Plot.plot({ ...options, document, style: { background: 'white' } })
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${plot.outerHTML}\n`
}

/** A logarithmic scale for values. `label` names what it shows; the axis says that it is logarithmic. */
export function logScale(label: string, values: readonly number[]): Plot.ScaleOptions {
  const domain = [Math.min(...values) / 1.2, Math.max(...values) * 1.2] as const
  return { type: 'log', label: `${label}, logarithmic`, grid: true, domain, ticks: logTicks(...domain) }
}

/** Marks of the axes of a plot. Plot itself leaves out some of the numbers of a logarithmic axis. */
export const axisMarks = ({ x, y }: { readonly x?: Plot.ScaleOptions; readonly y?: Plot.ScaleOptions }) => [
  ...(x === undefined ? [] : [Plot.axisX(ticksOf(x), { text: formatTick })]),
  ...(y === undefined ? [] : [Plot.axisY(ticksOf(y), { text: formatTick })]),
]

const ticksOf = ({ ticks }: Plot.ScaleOptions): number[] => ticks as number[]
const formatTick = (value: number): string => value.toLocaleString('en')

/** Returns ticks at 1, 2 and 5 times the powers of ten from `least` to `most`, or more if these are fewer than three. */
export function logTicks(least: number, most: number): number[] {
  const ticks = (digits: readonly number[]): number[] =>
    Array.from({ length: 13 }, (_, at) => at - 5)
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
      .filter((tick) => tick >= least && tick <= most)
  const few = ticks([1, 2, 5])
  return few.length < 3 ? ticks([1, 1.5, 2, 3, 4, 5, 7]) : few
}

export interface Placed {
  readonly svg: string
  readonly height: number
}

const text = (x: number, y: number, content: string, color = 'black'): string =>
  `<text x="${x}" y="${y}" font-family="system-ui, sans-serif" font-size="12" fill="${color}">${content}</text>`

/** Renders lines of text. */
export function textLines(lines: readonly { readonly text: string; readonly color: string }[]): Placed {
  const items = lines.map((line, at) => text(12, 18 + 16 * at, line.text, line.color))
  return { svg: `<g>${items.join('')}</g>`, height: 10 + 16 * lines.length }
}

/** Renders names with their colours in rows, because the legends of Plot are HTML. */
export function legend(colors: ReadonlyMap<string, string>, width: number): Placed {
  let [x, y] = [12, 14]
  const items = [...colors].map(([name, color]) => {
    // The font is not known, so the width is estimated generously.
    const itemWidth = 32 + 7.5 * name.length
    if (x + itemWidth > width) [x, y] = [12, y + 18]
    const item = `<circle cx="${x + 5}" cy="${y}" r="5" fill="${color}"/>${text(x + 15, y + 4, name)}`
    x += itemWidth
    return item
  })
  return { svg: `<g>${items.join('')}</g>`, height: y + 14 }
}

/** Stacks plots vertically. */
export function stack(plots: readonly Placed[], width: number): string {
  let y = 0
  const placed = plots.map(({ svg, height }) => {
    const at = y
    y += height
    return `<g transform="translate(0,${at})">${svg.trimEnd()}</g>`
  })
  return svgDocument(width, y, placed)
}

const svgDocument = (width: number, height: number, parts: readonly string[]): string => {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  const background = `<rect width="${width}" height="${height}" fill="white"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${background}\n${parts.join('\n')}\n</svg>\n`
}

/** Arranges plots of equal size in a grid. */
export function arrangeInGrid(
  plots: readonly string[],
  columns: number,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const placed = plots.map((plot, index) => {
    const [x, y] = [(index % columns) * width, Math.floor(index / columns) * height]
    return `<g transform="translate(${x},${y})">${plot.trimEnd()}</g>`
  })
  return svgDocument(width * columns, height * Math.ceil(plots.length / columns), placed)
}
