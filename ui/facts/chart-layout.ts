/** Where the parts of the chart of a pull stand, for the size of the window and the number of layers. */
import { type LaneGeometry, fittingPitch, trackOf } from './lane-paths.js'

/** What the layout depends on. */
export interface ChartSpace {
  /** Width of the chart. */
  readonly width: number
  /** Height of the window. */
  readonly windowHeight: number
  readonly isPhone: boolean
  readonly isWide: boolean
  readonly isRows: boolean
  readonly layers: number
}

/** The layout, in pixels. */
export interface ChartLayout {
  readonly width: number
  /** Gutters. */
  readonly left: number
  readonly right: number
  /** The plot of rates. */
  readonly plotTop: number
  readonly plotHeight: number
  /** The ribbon. */
  readonly ribbonTop: number
  /** The lanes. */
  readonly lanesTop: number
  readonly pitch: number
  readonly track: number
  readonly inset: number
  readonly height: number
}

/** Pixels of the window that the other parts of the page take. */
const others = 590
const othersWide = 598

export function chartLayout({
  width,
  windowHeight,
  isPhone,
  isWide,
  isRows,
  layers,
}: ChartSpace): ChartLayout {
  const pitch = isRows ? 22 : fittingPitch(layers, windowHeight - (isWide ? othersWide : others))
  const plotTop = 20
  const plotHeight = isPhone ? 48 : isWide ? 72 : 64
  const ribbonTop = plotTop + plotHeight + 10
  const lanesTop = ribbonTop + 30
  return {
    ...{ width, plotTop, plotHeight, ribbonTop, lanesTop, pitch },
    left: isRows ? (isPhone ? 84 : 176) : 30,
    right: isRows ? (isPhone ? 8 : 184) : 8,
    track: isRows ? 7 : trackOf(pitch),
    inset: isRows ? 4 : 0,
    height: lanesTop + layers * pitch + 6,
  }
}

/** Everything that the parts of the chart need about time. */
export interface ChartTime {
  readonly layout: ChartLayout
  readonly geometry: LaneGeometry
  /** Start, end of what is drawn, and estimated end, in milliseconds since 1970. */
  readonly startedAt: number
  readonly until: number
  readonly estimated: number
  /** Top of the plot, in MB/s. */
  readonly top: number
  readonly x: (at: number) => number
}
