/** Draws a sweep: the time by setting, and timelines of the layers in the best and the worst run. */
import { heatMap } from '../../puller/bench/heat-map.js'
import { layerChart } from '../../puller/bench/layer-chart.js'
import { type NamedSweep, plotFile } from '../concurrency/table.js'

/** Returns the pictures of a sweep, as SVG documents by file name. */
export function drawSweep({ name, result }: NamedSweep): Record<string, string> {
  const { settings, recommended, fastest, slowest } = result
  return {
    [plotFile(name, 'heat')]: heatMap({
      title: `Seconds of a pull: ${name}`,
      settings,
      recommended: recommended.setting,
    }),
    [plotFile(name, 'best')]: layerChart(`${name}, the fastest setting`, fastest.setting, fastest.timeline),
    [plotFile(name, 'worst')]: layerChart(`${name}, the slowest setting`, slowest.setting, slowest.timeline),
  }
}
