/** The plot of rates (uPlot), without axes of its own: it has the x of the lanes. */
import { Component, type VNode, createRef } from 'preact'
import uPlot from 'uplot'
import type { ChartLayout } from '../facts/chart-layout.js'
import type { PlotColumns } from '../facts/plot-data.js'
import { html } from '../html.js'

interface Props {
  readonly columns: PlotColumns
  readonly layout: ChartLayout
  /** Seconds of the axis. */
  readonly span: number
  /** Top of the axis, in MB/s. */
  readonly top: number
  /** The colours depend on them. */
  readonly theme: string | undefined
  readonly isDark: string | boolean
}

export class Plot extends Component<Props> {
  readonly #box = createRef<HTMLDivElement>()
  #plot: uPlot | undefined
  #drawn: Props | undefined

  override shouldComponentUpdate(next: Props): boolean {
    this.#update(next)
    return next.layout.left !== this.props.layout.left || next.layout.plotTop !== this.props.layout.plotTop
  }

  override componentDidMount(): void {
    this.#update(this.props)
  }

  override componentWillUnmount(): void {
    this.#plot?.destroy()
  }

  override render({ layout }: Props): VNode {
    return html`<div
      class="plot"
      ref=${this.#box}
      aria-hidden="true"
      style=${{ left: `${layout.left}px`, top: `${layout.plotTop}px` }}
    ></div>`
  }

  /** Draws what has changed. */
  #update(props: Props): void {
    const box = this.#box.current
    if (!box) return
    const before = this.#drawn
    const { columns, layout, span, top, theme, isDark } = props
    const width = layout.width - layout.left - layout.right
    this.#drawn = props
    if (!this.#plot || before?.theme !== theme || before?.isDark !== isDark) {
      this.#plot?.destroy()
      this.#plot = new uPlot(
        optionsOf(width, layout.plotHeight),
        columns as unknown as uPlot.AlignedData,
        box,
      )
    } else if (
      before.layout.width - before.layout.left - before.layout.right !== width ||
      before.layout.plotHeight !== layout.plotHeight
    ) {
      this.#plot.setSize({ width, height: layout.plotHeight })
    }
    const plot = this.#plot
    if (
      before?.columns === columns &&
      before.span === span &&
      before.top === top &&
      before.isDark === isDark &&
      before.theme === theme
    )
      return
    plot.batch(() => {
      if (before?.columns !== columns) plot.setData(columns as unknown as uPlot.AlignedData, false)
      plot.setScale('x', { min: 0, max: span })
      plot.setScale('y', { min: 0, max: (top * layout.plotHeight) / (layout.plotHeight - 4) })
    })
  }
}

function optionsOf(width: number, height: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    ...{
      width,
      height,
      legend: { show: false },
      cursor: { show: false },
      axes: [{ show: false }, { show: false }],
      padding: [0, 0, 0, 0],
    },
    scales: {
      x: { time: false, auto: false, range: (_, min, max) => [min, max] },
      y: { auto: false, range: (_, min, max) => [min, max] },
    },
    series: [
      {},
      { stroke: colour('line-2'), width: 1, points: { show: false }, spanGaps: true },
      { stroke: colour('net'), fill: colour('net-soft'), width: 1.5, points: { show: false } },
      { stroke: colour('disk'), width: 1.5, dash: [4, 2], points: { show: false } },
    ],
  }
}
