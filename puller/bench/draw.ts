/**
 * Draws the report of `bench` as SVG: a heat map with the seconds of each setting, and timelines of the layers for the
 * fastest and the slowest setting.
 */
import type { BenchReport } from './bench.js'
import { type BenchSetting, isSameSetting } from './grid.js'
import { heatMap } from './heat-map.js'
import { layerChart } from './layer-chart.js'

/** The pictures of a report, as SVG documents by file name. */
export type BenchPictures = Readonly<Record<'heat-map.svg' | 'best-run.svg' | 'worst-run.svg', string>>

/** Returns the pictures of a report. */
export function drawBench({ image, settings, recommended, fastest, slowest }: BenchReport): BenchPictures {
  const chart = (title: string, wanted: BenchSetting): string => {
    const { setting, timeline } = settings.find((each) => isSameSetting(each.setting, wanted))!
    return layerChart(title, setting, timeline)
  }
  return {
    'heat-map.svg': heatMap({
      title: `Seconds of a pull of ${image}`,
      settings,
      recommended: recommended.setting,
    }),
    'best-run.svg': chart('The fastest setting', fastest),
    'worst-run.svg': chart('The slowest setting', slowest),
  }
}
