/** Renders the results of the sweep as Markdown. */
import { availableParallelism } from 'node:os'
import { table } from '../shared/markdown.js'
import type { SettingResult, SweepResult } from './sweep.js'

export interface NamedSweep {
  readonly name: string
  readonly result: SweepResult
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1)
const name = ({ setting }: SettingResult): string => `${setting.downloads} × ${setting.unpacks}`

/** Returns the file name of a picture of a sweep. */
export const plotFile = (sweep: string, what: 'heat' | 'best' | 'worst'): string =>
  `concurrency-${sweep.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-${what}.svg`

/** Defaults of `--max-downloads` and `--max-unpacks`. */
const defaults = { downloads: 3, unpacks: availableParallelism() }

/** Renders one row per link: the best setting, and the cost of the defaults. */
export function recommendations(sweeps: readonly NamedSweep[]): string {
  const rows = sweeps.map(({ name: link, result: { settings, fastest, recommended, slowest } }) => {
    const usual = settings.find(
      ({ setting }) => setting.downloads === defaults.downloads && setting.unpacks === defaults.unpacks,
    )
    const timeOf = (each: SettingResult | undefined): string =>
      each ? `${name(each)}: ${each.wall.median.toFixed(2)} s` : 'not tried'
    const over = usual ? (usual.wall.median / fastest.wall.median).toFixed(2) : ''
    return [link, timeOf(recommended), timeOf(usual), over, timeOf(fastest), timeOf(slowest)]
  })
  const head = ['line', 'recommended', 'default', 'default / fastest', 'fastest', 'slowest']
  return `Settings are given as concurrent downloads × concurrent unpacks. \`plan\` is the time until the layers are known; the last three columns are the total times of all layers.\n\n${table(head, rows, [3])}`
}

/** @param plots whether to include the pictures */
export function sweepTable(sweeps: readonly NamedSweep[], plots: boolean): string {
  const parts = sweeps.map(({ name: link, result }) => {
    const { recommended, fastest, slowest, layers, bytes } = result
    return [
      `## ${link}`,
      '',
      `${layers} layers, ${mega(bytes)} MB compressed. Recommended: **${recommended.setting.downloads} downloads, ` +
        `${recommended.setting.unpacks} unpacks** (${recommended.wall.median.toFixed(2)} s). Fastest: ${name(fastest)} ` +
        `(${fastest.wall.median.toFixed(2)} s); slowest: ${name(slowest)} (${slowest.wall.median.toFixed(2)} s).`,
      '',
      '| downloads | unpacks | time (s) | min – max | MB/s | CPU (s) | memory (MB) | plan (s) | waiting (s) | downloading (s) | unpacking afterwards (s) |',
      '|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
      ...result.settings.map((each) => row(each, name(each) === name(recommended))),
      ...(plots ? ['', ...(['heat', 'best', 'worst'] as const).map((what) => picture(link, what))] : []),
    ].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

const picture = (link: string, what: 'heat' | 'best' | 'worst'): string =>
  `![${link}: ${{ heat: 'the times', best: 'the best run', worst: 'the worst run' }[what]}](${plotFile(link, what)})`

function row(
  { setting, wall, cpu, memory, bytesPerSecond, plan, waited }: SettingResult,
  best: boolean,
): string {
  const time = wall.median.toFixed(2)
  const cells = [
    ...[setting.downloads, setting.unpacks, best ? `**${time}**` : time],
    ...[`${wall.least.toFixed(2)} – ${wall.most.toFixed(2)}`, mega(bytesPerSecond)],
    ...[cpu.median.toFixed(2), mega(memory.median), plan.toFixed(2)],
    ...[waited.slot.toFixed(2), waited.download.toFixed(2), waited.unpack.toFixed(2)],
  ]
  return `| ${cells.join(' | ')} |`
}
