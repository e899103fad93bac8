/** A strict reader of the text format of Prometheus 0.0.4, which refuses what the format and its conventions forbid. */

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: ParsedSample[]
}

const unescape = (text: string): string =>
  text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))

/** @throws Error for a line that is not in the format, a sample outside its metric, or the same sample twice */
export function parseExposition(text: string): readonly ParsedMetric[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('The last line does not end with a line feed')
  const metrics: ParsedMetric[] = []
  const seen = new Set<string>()
  const lines = text.split('\n').slice(0, -1)
  for (const [index, line] of lines.entries()) {
    const [, name, help] = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\[\\n])*)$/.exec(line) ?? []
    if (name !== undefined && help !== undefined) {
      const [, type] =
        new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`).exec(lines[index + 1] ?? '') ?? []
      if (type === undefined) throw new Error(`${name} has no type`)
      if (metrics.some((metric) => metric.name === name)) throw new Error(`${name} occurs twice`)
      if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is named as no ${type}`)
      metrics.push({ name, type, help: unescape(help), samples: [] })
      continue
    }
    if (line.startsWith('# TYPE ')) continue
    const sample = parseSample(line)
    const metric = metrics.at(-1)
    const suffixes = metric?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    if (!metric || !suffixes.some((suffix) => metric.name + suffix === sample.name))
      throw new Error(`${line}: outside its metric`)
    const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (seen.has(key)) throw new Error(`${line}: twice`)
    seen.add(key)
    metric.samples.push(sample)
  }
  return metrics
}

function parseSample(line: string): ParsedSample {
  const pattern = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]\d+)?)$/
  const [, name = '', inside = '', value = ''] = pattern.exec(line) ?? []
  if (name === '') throw new Error(`${line}: not a sample`)
  const labels: Record<string, string> = {}
  let rest = inside
  while (rest !== '') {
    const [all = '', label = '', text = ''] =
      /^([a-zA-Z_]\w*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest) ?? []
    if (all === '' || Object.hasOwn(labels, label)) throw new Error(`${line}: wrong labels`)
    labels[label] = unescape(text)
    rest = rest.slice(all.length)
  }
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}
