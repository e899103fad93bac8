/** Formats the report of `bench` as text. */
import { formatBytes, formatCount, formatDuration } from '../../lib/quantities.js'
import type { BenchReport } from './bench.js'
import { type BenchSetting, isSameSetting, type SettingResult } from './grid.js'

/** The report as a table and sentences. */
export interface BenchText {
  /** One line: the image and the duration of the measurement. */
  readonly summary: string
  /** Headings of the columns of `rows`. */
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Sentences: the recommendation with its reason, then each setting without a result. */
  readonly conclusion: readonly string[]
}

/** Returns the text of a report. */
export function benchText(report: BenchReport): BenchText {
  const { image, bytes, layers, settings, recommended, unmeasured, duration } = report
  const { downloads, unpacks } = recommended.setting
  return {
    summary: `${image}: ${formatCount(layers, 'layer')}, ${formatBytes(bytes)}, measured in ${formatDuration(Math.ceil(duration / 1000) * 1000)}`,
    head: ['DOWNLOADS', 'UNPACKS', 'SECONDS', 'LEAST-MOST', 'RUNS', 'RATE', 'CPU', 'RETRIES', ''],
    rows: settings.map((each) => row(each, recommended.setting)),
    conclusion: [
      `Recommended: --max-downloads ${downloads} --max-unpacks ${unpacks}. ${recommended.why}`,
      ...unmeasured.map(({ setting, failures: [first] }) => {
        const reason = first === undefined ? 'the budget was used before its first run' : first
        return `Not measured: ${setting.downloads} × ${setting.unpacks}: ${reason}`
      }),
    ],
  }
}

function row(
  { setting, wall, cpu, bytesPerSecond, failures, retries }: SettingResult,
  recommended: BenchSetting,
): string[] {
  const runs = failures.length === 0 ? `${wall.runs}` : `${wall.runs} (${failures.length} failed)`
  return [
    ...[`${setting.downloads}`, `${setting.unpacks}`, wall.median.toFixed(2)],
    ...[`${wall.least.toFixed(2)}-${wall.most.toFixed(2)}`, runs, `${formatBytes(bytesPerSecond)}/s`],
    ...[cpu.median.toFixed(2), `${retries}`, isSameSetting(setting, recommended) ? 'recommended' : ''],
  ]
}
