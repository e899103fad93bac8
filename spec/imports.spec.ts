/** Holds the source against the table of who may import whom (ARCHITECTURE.md), and looks for circles. */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each module may import beside itself and node's own modules: modules of ours, then packages. */
const mayImport: Record<string, readonly string[]> = {
  'lib/errors': [],
  'lib/flow': ['rxjs'],
  'lib/image': ['lib/errors', 'io-ts', 'fp-ts', 'jose'],
  'lib/events': ['lib/errors', 'lib/flow', 'lib/image', 'rxjs', 'io-ts', 'fp-ts'],
  'lib/system': ['lib/errors', 'koffi'],
  'lib/bytes': ['lib/errors', 'lib/flow', 'lib/image', 'lib/system', 'rxjs', 'fzstd'],
  'lib/archive': ['lib/errors', 'lib/flow', 'lib/image', 'lib/bytes', 'lib/system', 'rxjs', 'tar-fs'],
  'lib/registry': ['lib/errors', 'lib/flow', 'lib/image', 'lib/bytes', 'rxjs', 'got', 'socks'],
  'lib/store': ['lib/errors', 'lib/flow', 'lib/image', 'lib/bytes', 'lib/system', 'rxjs'],
  'lib/stages': [
    ...[
      'lib/errors',
      'lib/events',
      'lib/flow',
      'lib/image',
      'lib/bytes',
      'lib/archive',
      'lib/registry',
      'lib/store',
    ],
    'rxjs',
  ],
  'lib/testing': [
    ...[
      'lib/errors',
      'lib/events',
      'lib/flow',
      'lib/image',
      'lib/bytes',
      'lib/archive',
      'lib/registry',
      'lib/store',
    ],
    ...['lib/system', 'lib/stages', 'rxjs', 'tar-fs'],
  ],
  pipelines: [
    ...[
      'lib/errors',
      'lib/events',
      'lib/flow',
      'lib/image',
      'lib/bytes',
      'lib/archive',
      'lib/registry',
      'lib/store',
    ],
    ...['lib/stages', 'rxjs', 'io-ts'],
  ],
  // The front door gathers what is public; nothing inside goes through it.
  'lib/index': ['lib/errors', 'lib/events', 'lib/image', 'pipelines'],
  cli: [
    ...['pipelines', 'lib/errors', 'lib/events', 'lib/image', 'lib/system', 'lib/testing'],
    ...['rxjs', 'commander'],
  ],
}

interface Import {
  readonly from: string
  readonly to: string
}

const sources = ['lib', 'pipelines', 'cli'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file)),
)

const importsOf = (file: string): Import[] =>
  [
    ...readFileSync(path.join(root, file), 'utf8').matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|import\('([^']+)'\)/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((name) => !name.startsWith('node:'))
    .map((name) => ({
      from: file,
      to: name.startsWith('.') ? path.join(path.dirname(file), name).replace(/\.js$/, '.ts') : name,
    }))

const moduleOf = (file: string): string => {
  const [top = '', second = ''] = file.split(path.sep)
  return top === 'lib' ? `lib/${second.replace(/\.ts$/, '')}` : top
}

const isOurs = (name: string): boolean => name.endsWith('.ts')
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

const imports = sources.flatMap(importsOf)

describe('who may import whom', () => {
  it('sees the imports of every module', () => {
    expect(imports.length).toBeGreaterThan(300)
    expect([...new Set(sources.map(moduleOf))].filter((name) => !(name in mayImport))).toEqual([])
  })

  it('keeps to the table', () => {
    const breaches = imports.filter(({ from, to }) => {
      const home = moduleOf(from)
      const target = isOurs(to) ? moduleOf(to) : packageOf(to)
      return target !== home && !mayImport[home]?.includes(target)
    })
    expect(breaches).toEqual([])
  })

  it('imports nothing that is not there', () => {
    const known = new Set(sources)
    expect(imports.filter(({ to }) => isOurs(to) && !known.has(to))).toEqual([])
  })

  it('lets no stage import another but those that compose', () => {
    const composing = new Set(['lib/stages/index.ts', 'lib/stages/download.ts'])
    const text = (file: string): string => readFileSync(path.join(root, file), 'utf8')
    const stagesOf = (file: string): string[] =>
      [...text(file).matchAll(/export (?:function|const) (\w+)[^;{}]*?(?:\{[^{}]*\}[^;{}]*?)*Stage</g)].map(
        (match) => match[1]!,
      )
    const valuesFrom = (file: string): { to: string; name: string }[] =>
      [...text(file).matchAll(/import \{([^}]*)\} from '(\.\/[^']+)\.js'/g)].flatMap(
        ([, names = '', to = '']) =>
          names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .map((name) => ({ to: path.join('lib/stages', `${to}.ts`), name })),
      )
    const stages = sources.filter((file) => moduleOf(file) === 'lib/stages' && !composing.has(file))
    expect(stages.flatMap(stagesOf).length).toBeGreaterThan(15)
    const breaches = stages.flatMap((from) =>
      valuesFrom(from)
        .filter(({ to, name }) => to !== 'lib/stages/gather.ts' && stagesOf(to).includes(name))
        .map(({ to, name }) => `${from} takes ${name} from ${to}`),
    )
    expect(breaches).toEqual([])
  })

  it('has no circle', () => {
    const next = new Map<string, string[]>()
    for (const { from, to } of imports) if (isOurs(to)) next.set(from, [...(next.get(from) ?? []), to])
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (file: string, way: readonly string[]): void => {
      const at = way.indexOf(file)
      if (at >= 0) circles.push([...way.slice(at), file].join(' → '))
      if (at >= 0 || done.has(file)) return
      for (const each of next.get(file) ?? []) visit(each, [...way, file])
      done.add(file)
    }
    for (const file of sources) visit(file, [])
    expect(circles).toEqual([])
  })

  it('keeps every file short', () => {
    const lines = sources
      .map((file) => readFileSync(path.join(root, file), 'utf8').split('\n').length)
      .sort((a, b) => a - b)
    expect(lines.at(-1)).toBeLessThanOrEqual(400)
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(100)
  })
})
