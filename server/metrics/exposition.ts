/**
 * Writes metrics in the text format of Prometheus 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 */

/** Labels of a sample. */
export type Labels = Readonly<Record<string, string>>

/** One value of a metric. `suffix`: what is appended to the name, in a histogram. */
export interface Sample {
  readonly labels?: Labels
  readonly value: number
  readonly suffix?: '_bucket' | '_sum' | '_count'
}

/** A metric with its present values. */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Media type of the text. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** Returns the text. A metric without samples has only its type and help. */
export const exposition = (metrics: readonly Metric[]): string =>
  metrics
    .map((metric) => `${[...headOf(metric), ...metric.samples.map(lineOf(metric.name))].join('\n')}\n`)
    .join('')

const headOf = ({ name, type, help }: Metric): readonly string[] => [
  `# HELP ${name} ${escapeText(help)}`,
  `# TYPE ${name} ${type}`,
]

const lineOf =
  (name: string) =>
  ({ labels = {}, value, suffix }: Sample): string => {
    const pairs = Object.entries(labels).map(
      ([label, text]) => `${label}="${escapeText(text).replaceAll('"', '\\"')}"`,
    )
    return `${name}${suffix ?? ''}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${formatValue(value)}`
  }

const escapeText = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}

/** Counts by labels. */
export class Counter {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>()

  /** Adds `by` (1) to the count with these labels. */
  add(labels: Labels = {}, by = 1): void {
    const key = JSON.stringify(labels)
    const known = this.#counts.get(key)
    if (known) known.value += by
    else this.#counts.set(key, { labels, value: by })
  }

  /** The counts, in the order in which they were first added. */
  get samples(): readonly Sample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels, value }))
  }
}

/** Counts observed values by their size. */
export class Histogram {
  readonly #counts: number[]
  #sum = 0
  #count = 0

  /** @param bounds upper bounds of the buckets, ascending */
  constructor(private readonly bounds: readonly number[]) {
    this.#counts = bounds.map(() => 0)
  }

  /** Adds one value. */
  observe(value: number): void {
    this.#sum += value
    this.#count++
    for (const [index, bound] of this.bounds.entries()) if (value <= bound) this.#counts[index]!++
  }

  /** The buckets, which contain those before them, the sum and the count. */
  get samples(): readonly Sample[] {
    const buckets = this.bounds.map((bound, index): Sample => ({
      suffix: '_bucket',
      labels: { le: String(bound) },
      value: this.#counts[index]!,
    }))
    return [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
      { suffix: '_sum', value: this.#sum },
      { suffix: '_count', value: this.#count },
    ]
  }
}
