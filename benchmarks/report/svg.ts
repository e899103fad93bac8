/** Draws with Observable Plot without a browser. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** The part of a DOM element that is used. The project is compiled without the types of a browser. */
interface Drawn {
  setAttribute(name: string, value: string): void
  readonly outerHTML: string
}

/** Renders a plot with a title as SVG. */
export function svgOf(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  const plot: Drawn = Plot.plot({
    marginTop: 44,
    ...options,
    document,
    style: { background: 'white' },
    marks: [
      ...(options.marks ?? []),
      Plot.text([title], { frameAnchor: 'top-left', dx: -20, dy: -38, fontSize: 12 }),
    ],
  })
  plot.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  return `${plot.outerHTML}\n`
}

/** Renders names with their colours in a row, because the legends of Plot are HTML. */
export function legend(colors: ReadonlyMap<string, string>, width: number): Placed {
  let x = 12
  const items = [...colors].map(([name, color]) => {
    const at = x
    x += 24 + 6.4 * name.length
    return (
      `<circle cx="${at}" cy="14" r="5" fill="${color}"/>` +
      `<text x="${at + 9}" y="18" font-family="system-ui, sans-serif" font-size="11">${name}</text>`
    )
  })
  return { svg: `<svg width="${width}" height="28">${items.join('')}</svg>`, height: 28 }
}

export interface Placed {
  readonly svg: string
  readonly height: number
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
