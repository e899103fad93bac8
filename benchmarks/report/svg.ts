/** Draws with Observable Plot where there is no browser. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** What is used of an element: the project is compiled without the types of a browser. */
interface Drawn {
  setAttribute(name: string, value: string): void
  readonly outerHTML: string
}

/** One plot under its title, as the text of an SVG file. */
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
