/** The chart of a pull over time: plot of rates, ribbon of what held it, and lanes, all on one axis. */
import { Component, type VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import { type ChartLayout, type ChartTime, chartLayout } from '../facts/chart-layout.js'
import { type LaneGeometry, lanePaths, markKinds, xOf } from '../facts/lane-paths.js'
import { committedCount } from '../facts/pull-words.js'
import { type PlotColumns, highest, plotColumns } from '../facts/plot-data.js'
import { SpanKeeper, TopKeeper } from '../facts/time-axis.js'
import { Still, html } from '../html.js'
import type { Frame, Screen } from '../live/frame.js'
import type { Page } from '../live/page.js'
import { Axis, Ends, Ribbon, axisSignature } from './chart-axis.js'
import { LaneCanvas, maxLanePaths } from './lane-canvas.js'
import { stepLane } from './lane-keys.js'
import { LaneRows } from './lane-rows.js'
import { Plot } from './plot.js'

interface Props {
  readonly page: Page
  readonly frame: Frame
  readonly pull: PullState
  readonly isRows: boolean
}

export class Chart extends Component<Props> {
  readonly #span = new SpanKeeper()
  readonly #top = new TopKeeper()
  #samples: unknown
  #line: unknown
  #columns: PlotColumns = [[], [], [], []]

  override render({ page, frame, pull, isRows }: Props): VNode {
    const { layers } = pull.snapshot
    const layout = chartLayout({
      ...{
        isRows,
        layers: layers.length,
        width: chartWidth(frame.screen),
        windowHeight: frame.screen.height,
      },
      ...{ isPhone: frame.screen.isPhone, isWide: frame.screen.isWide },
    })
    const time = this.#time(frame, pull, layout)
    const shared = frame.shared.get(pull.record.id)
    const paths = lanePaths(pull.lanes, time.geometry, time.until, shared)
    const chosen = frame.sight.layer
    const place = `${layout.width} ${layout.height} ${time.geometry.span} ${isRows}`
    const isCanvas = layers.length > maxLanePaths
    const label = `Timeline of ${layers.length} layers: ${committedCount(pull)} committed. Choose Rows for a table.`
    return html`<div class="chart" style=${{ height: `${layout.height}px` }}>
      <${Plot}
        columns=${this.#columns}
        layout=${layout}
        span=${time.geometry.span}
        top=${time.top}
        theme=${frame.preferences.theme}
        isDark=${document.documentElement.dataset['theme'] ?? matchMedia('(prefers-color-scheme: dark)').matches}
      />
      ${isCanvas && html`<${LaneCanvas} paths=${paths} layout=${layout} />`}
      <svg
        class=${isRows ? 'over rows' : 'over'}
        data-span=${time.geometry.span}
        viewBox=${`0 0 ${layout.width} ${layout.height}`}
        width=${layout.width}
        height=${layout.height}
        tabindex=${isRows ? undefined : 0}
        role="group"
        aria-roledescription="timeline"
        aria-label=${label}
        onClick=${(event: MouseEvent) => choose(page, event, layout, layers.length)}
        onKeyDown=${(event: KeyboardEvent) => stepLane(page, event, layers.length)}
      >
        <${Still} signature=${axisSignature(frame, pull, time, isRows)} draw=${() => html`<${Axis} frame=${frame} pull=${pull} time=${time} isRows=${isRows} />`} />
        ${!isCanvas && markKinds.map((kind) => html`<path key=${kind} class=${`k-${kind}`} d=${paths[kind]} />`)}
        ${!isRows && html`<rect class="chosen" x=${layout.left - 4} y=${layout.lanesTop + (chosen ?? 0) * layout.pitch - 1} width=${layout.width - layout.left + 4} height=${chosen === undefined ? 0 : layout.track * 2 + 2} />`}
        <${Still} signature=${`${place} ${pull.samples.length} ${pull.samples.at(-1)?.at} ${pull.lanes.pauses.length} ${pull.record.state === 'paused' ? time.until : ''}`} draw=${() => html`<${Ribbon} pull=${pull} time=${time} />`} />
        <${Ends} frame=${frame} pull=${pull} time=${time} columns=${this.#columns} />
      </svg>
      ${isRows && html`<${LaneRows} page=${page} frame=${frame} pull=${pull} layout=${layout} shared=${shared} />`}
    </div>`
  }

  #time(frame: Frame, pull: PullState, layout: ChartLayout): ChartTime {
    const { record, lanes, samples } = pull
    const startedAt = lanes.startedAt ?? record.startedAt
    const until = lanes.endedAt ?? record.endedAt ?? frame.now
    const { secondsLeft } = record.progress
    const estimated = record.state === 'running' && secondsLeft !== null ? until + secondsLeft * 1000 : until
    if (this.#samples !== samples || this.#line !== frame.state.samples) {
      this.#columns = plotColumns(samples, frame.state.samples, startedAt)
      this.#samples = samples
      this.#line = frame.state.samples
    }
    const cap = frame.state.limits?.bytesPerSecond
    const top = this.#top.next(Math.max(highest(this.#columns), Math.min(1, (cap ?? 0) / 1e6)), frame.now)
    const span = this.#span.next((estimated - startedAt) / 1000)
    const geometry: LaneGeometry = {
      ...{ left: layout.left, width: layout.width - layout.left - layout.right, span },
      ...{ top: layout.lanesTop, pitch: layout.pitch, track: layout.track, inset: layout.inset },
    }
    return { layout, geometry, startedAt, until, estimated, top, x: (at) => xOf(geometry, startedAt, at) }
  }
}

function chartWidth({ width, isPhone, isStacked, isWide }: Screen): number {
  if (isPhone) return width - 32
  return isStacked ? width - 48 : width - (isWide ? 380 : 312) - 48
}

function choose(page: Page, event: MouseEvent, { lanesTop, pitch }: ChartLayout, count: number): void {
  const box = (event.currentTarget as Element).getBoundingClientRect()
  const index = Math.floor((event.clientY - box.top - lanesTop) / pitch)
  page.look({ layer: index >= 0 && index < count && index !== page.sight.layer ? index : undefined })
}
