/** The axes of the chart, its ribbon, the line of now, and the names at the ends of the curves. */
import type { VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import { type PlotColumns, curveEnds } from '../facts/plot-data.js'
import { clock, rate } from '../facts/numbers.js'
import { heldRuns, holderName, isNetwork } from '../facts/ribbon.js'
import { box } from '../facts/strip-paths.js'
import { ticksOf } from '../facts/time-axis.js'
import { html } from '../html.js'
import type { Frame } from '../live/frame.js'
import type { ChartTime } from '../facts/chart-layout.js'

interface Props {
  readonly frame: Frame
  readonly pull: PullState
  readonly time: ChartTime
}

/** Pixels within which a label of the axis gives way to that of now, or of the end. */
const roomOfNow = 30
const roomOfEnd = 58
/** Pixels from which a period of the ribbon has its name. */
const roomOfName = 84

/** Everything that the axis depends on. Now and the end count by the labels that they hide. */
export function axisSignature(frame: Frame, pull: PullState, time: ChartTime, isRows: boolean): string {
  const { layout, geometry, top } = time
  const parts = [layout.width, layout.height, geometry.span, geometry.left, top, isRows]
  const shown = labels(frame, pull, time).map(({ text }) => text)
  return [...parts, ...shown, pull.snapshot.layers.length, frame.state.limits?.bytesPerSecond].join(' ')
}

/** The labels of the axis of time. One that has no room is empty. */
function labels(
  { screen }: Frame,
  pull: PullState,
  time: ChartTime,
): readonly { readonly seconds: number; readonly x: number; readonly text: string }[] {
  const { layout, geometry, startedAt, until, estimated, x } = time
  const [now, end] = [x(until), hasEnd(pull, time) ? x(estimated) : Infinity]
  return ticksOf(geometry.span, geometry.width, screen.isPhone ? 60 : 76).map((seconds) => {
    const at = x(startedAt + seconds * 1000)
    const isHidden = seconds > 0 && (Math.abs(at - now) < roomOfNow || Math.abs(at - end) < roomOfEnd)
    const isOutside = at > layout.width - layout.right - 10
    return { seconds, x: at, text: isHidden || isOutside ? '' : seconds > 0 ? clock(seconds) : '0' }
  })
}

export function Axis({ frame, pull, time, isRows }: Props & { readonly isRows: boolean }): VNode {
  const { layout, top } = time
  const { left, right, width, plotTop, plotHeight, height } = layout
  const bottom = plotTop + plotHeight
  const ticks = labels(frame, pull, time)
  const grid = ticks.map((tick) => `M${tick.x.toFixed(1)} ${plotTop}V${height - 6}`).join('')
  const cap = frame.state.limits?.bytesPerSecond ?? null
  const capY = cap === null || cap / 1e6 > top ? undefined : bottom - (cap / 1e6 / top) * (plotHeight - 4)
  const count = pull.snapshot.layers.length
  const numbered = isRows
    ? []
    : Array.from({ length: count }, (_, index) => index).filter(
        (index) => count <= 16 || index === 0 || (index + 1) % 10 === 0,
      )
  return html`<g>
    <path class="grid" d=${grid} />
    ${ticks.map(({ seconds, x, text }) => html`<text key=${seconds} x=${x.toFixed(1)} y="12" text-anchor=${seconds > 0 ? 'middle' : 'start'}>${text}</text>`)}
    <text x="22" y=${plotTop + 12} text-anchor="end">${top}</text
    ><text x="22" y=${bottom} text-anchor="end">0</text>
    <path class="base" d=${`M${left} ${bottom + 0.5}H${width - right}`} />
    <path class="cap-line" d=${capY === undefined ? '' : `M${left} ${capY.toFixed(1)}H${width - right}`} />
    ${numbered.map((index) => html`<text key=${`n${index}`} x="22" y=${layout.lanesTop + index * layout.pitch + layout.track + 4} text-anchor="end">${index + 1}</text>`)}
  </g>`
}

/** The estimated end is drawn while the pull runs, where there is room between it and now. */
function hasEnd({ record }: PullState, { estimated, until, x, layout }: ChartTime): boolean {
  if (record.state !== 'running' || estimated <= until) return false
  return x(estimated) < layout.width - layout.right - 4 && x(estimated) > x(until) + 60
}

export function Ribbon({ pull, time }: Omit<Props, 'frame'>): VNode {
  const { layout, x } = time
  const { ribbonTop: y, left, right, width } = layout
  const runs = heldRuns(pull.samples)
  let [upper, lower] = ['', '']
  const names: (readonly [text: string, x: number])[] = []
  for (const { holder, from, to } of runs) {
    const length = x(to) - x(from)
    const run = box(x(from), isNetwork(holder) ? y : y + 6, Math.max(1, length - 1), 5)
    if (isNetwork(holder)) upper += run
    else lower += run
    if (length > roomOfName) names.push([holderName[holder], x(from)])
  }
  for (const { from, to = time.until } of pull.lanes.pauses)
    if (x(to) - x(from) > 50) names.push(['paused', x(from)])
  return html`<g>
    <path class="grid" d=${`M${left} ${y + 5.5}H${width - right}`} />
    <path class="k-down" d=${upper} /><path class="k-unpack" d=${lower} />
    ${names.map(([text, at], index) => html`<text key=${index} x=${(at + 1).toFixed(1)} y=${y + 22}>${text}</text>`)}
  </g>`
}

const mega = 1e6

export function Ends({ frame, pull, time, columns }: Props & { readonly columns: PlotColumns }): VNode {
  const { layout, x, until, startedAt, estimated, top } = time
  const { plotTop, plotHeight, height, width, right } = layout
  const now = x(until)
  const isRunning = pull.record.state === 'running'
  const y = (megabytes: number): number => plotTop + plotHeight - (megabytes / top) * (plotHeight - 4) + 4
  const [, all, network, unpacking] = columns
  const last = { network: network.at(-1) ?? 0, unpacking: unpacking.at(-1) ?? 0, all: all.at(-1) ?? 0 }
  const hasRoom = !frame.screen.isPhone && width - right - now > 120 && network.length > 0
  const ends =
    isRunning && hasRoom
      ? curveEnds(
          [
            { name: 'network', text: `${rate(last.network * mega)} network`, y: y(last.network) },
            { name: 'unpacking', text: `${rate(last.unpacking * mega)} unpacking`, y: y(last.unpacking) },
            ...(Math.abs(last.all - last.network) < 0.03 * top
              ? []
              : [{ name: 'all', text: `${rate(last.all * mega)} all pulls`, y: y(last.all) }]),
          ],
          13,
          plotTop + plotHeight - 3,
        )
      : []
  const end = hasEnd(pull, time) ? x(estimated) : undefined
  return html`<g>
    ${ends.map(({ name, text, y: at }) => html`<text key=${name} class=${`end-${name}`} x=${(now + 8).toFixed(1)} y=${at.toFixed(1)}>${text}</text>`)}
    ${frame.screen.isPhone ? html`<text x=${width - right} y=${plotTop + 12} text-anchor="end">MB/s</text>` : hasRoom && isRunning ? null : html`<text x=${width - right} y=${plotTop + 12} text-anchor="end">MB/s</text>`}
    <path
      class=${frame.link.state === 'lost' ? 'now lost' : 'now'}
      d=${`M${now.toFixed(1)} 16V${height - 6}`}
    />
    <text class="at" x=${now.toFixed(1)} y="12" text-anchor="middle"
      >${now - layout.left < 12 ? '' : clock((until - startedAt) / 1000)}</text
    >
    <path class="expected" d=${end === undefined ? '' : `M${end.toFixed(1)} 16V${height - 6}`} />
    <text class="k" x=${(end ?? 0).toFixed(1)} y="12" text-anchor="middle"
      >${end === undefined ? '' : `about ${clock((estimated - startedAt) / 1000)}`}</text
    >
  </g>`
}
