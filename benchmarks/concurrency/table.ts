/** The sweep's results as Markdown. */
import type { SettingResult, SweepResult } from './sweep.js'

export interface NamedSweep {
  readonly name: string
  readonly result: SweepResult
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1)
const name = ({ setting }: SettingResult): string => `${setting.downloads} × ${setting.unpacks}`

export function sweepTable(sweeps: readonly NamedSweep[]): string {
  const parts = sweeps.map(({ name: link, result }) => {
    const { recommended, fastest, slowest, layers, bytes } = result
    return [
      `## ${link}`,
      '',
      `${layers} layers, ${mega(bytes)} MB compressed. Recommended: **${recommended.setting.downloads} downloads, ` +
        `${recommended.setting.unpacks} unpacks** (${recommended.wall.median.toFixed(2)} s). Fastest: ${name(fastest)} ` +
        `(${fastest.wall.median.toFixed(2)} s); slowest: ${name(slowest)} (${slowest.wall.median.toFixed(2)} s).`,
      '',
      '| downloads | unpacks | time (s) | least – most | MB/s | CPU (s) | memory (MB) | until planned | waits for a slot | downloads | unpacks after |',
      '|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
      ...result.settings.map((each) => row(each, each === recommended)),
    ].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

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
