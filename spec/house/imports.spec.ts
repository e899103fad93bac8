/** Who may import whom: the table of ARCHITECTURE.md, and the absence of circles between files, rooms and modules. */
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  circlesIn,
  importsOf,
  isOurs,
  moduleOf,
  roomOf,
  sourcesBelow,
  textOf,
} from '../support/source-tree.js'

const base = ['lib/errors', 'lib/limits', 'lib/quantities']

/** What each module may import besides itself and node's own modules: modules of ours, then packages. */
const mayImport: Record<string, readonly string[]> = {
  'lib/errors': [],
  'lib/quantities': [],
  'lib/limits': ['lib/errors', 'lib/quantities'],
  'lib/flow': ['rxjs'],
  'lib/codec': [...base, 'io-ts', 'fp-ts'],
  'lib/image': [...base, 'lib/codec', 'io-ts', 'fp-ts', 'jose'],
  'lib/events': [...base, 'lib/codec', 'lib/flow', 'rxjs', 'io-ts', 'fp-ts'],
  'lib/api': [...base, 'lib/events', 'rxjs', 'io-ts', 'eventsource-parser'],
  'lib/remote': [],
  'lib/telemetry': [...base, 'lib/events', 'rxjs', '@opentelemetry/api'],
  'lib/system': [...base, 'lib/codec', 'koffi'],
  'lib/bytes': [...base, 'lib/codec', 'lib/image', 'lib/system', 'rxjs', 'fzstd'],
  'lib/archive': [
    ...base,
    ...[
      'lib/codec',
      'lib/flow',
      'lib/image',
      'lib/bytes',
      'lib/system',
      'rxjs',
      'io-ts',
      'tar-fs',
      'tar-stream',
    ],
  ],
  'lib/registry': [
    ...base,
    ...['lib/codec', 'lib/flow', 'lib/image', 'lib/bytes', 'lib/system', 'rxjs', 'got', 'smol-toml', 'socks'],
  ],
  'lib/sources': [
    ...base,
    ...['lib/codec', 'lib/image', 'lib/system', 'lib/bytes', 'lib/archive', 'lib/registry'],
  ],
  'lib/sinks': [
    ...base,
    ...['lib/codec', 'lib/image', 'lib/system', 'lib/bytes', 'lib/archive', 'lib/registry'],
  ],
  'lib/referrers': [...base, 'lib/codec', 'lib/image', 'lib/bytes', 'io-ts'],
  'lib/signatures': [
    ...base,
    ...['lib/codec', 'lib/image', 'lib/referrers', 'io-ts', '@sigstore/bundle', '@sigstore/verify'],
  ],
  'lib/sync': [...base, 'lib/codec', 'lib/image', 'io-ts', 'yaml', 'semver'],
  'lib/store': [...base, 'lib/codec', 'lib/image', 'lib/system'],
  'lib/transfer': [
    ...base,
    ...['lib/codec', 'lib/events', 'lib/flow', 'lib/image', 'lib/bytes', 'lib/archive', 'lib/referrers'],
    ...['lib/store', 'rxjs'],
  ],
  'lib/stages': [
    ...base,
    ...['lib/events', 'lib/flow', 'lib/image', 'lib/system', 'lib/bytes', 'lib/archive'],
    ...['lib/store', 'lib/signatures', 'lib/transfer', 'rxjs'],
  ],
  'lib/runtime': [...base, 'lib/codec', 'lib/image', 'lib/system', 'lib/archive', 'lib/store', 'io-ts'],
  'lib/testing': [...base, 'lib/archive', 'lib/flow', 'lib/image', 'rxjs', 'tar-fs'],
  pipelines: [
    ...base,
    ...['lib/codec', 'lib/events', 'lib/flow', 'lib/image', 'lib/system', 'lib/bytes', 'lib/archive'],
    ...['lib/registry', 'lib/sources', 'lib/referrers', 'lib/signatures', 'lib/store', 'lib/sync'],
    ...['lib/transfer', 'lib/stages', 'rxjs'],
    'io-ts',
  ],
  puller: [
    ...base,
    ...[
      'lib/codec',
      'lib/events',
      'lib/flow',
      'lib/image',
      'lib/system',
      'lib/archive',
      'lib/registry',
      'lib/sources',
    ],
    ...[
      'lib/sinks',
      'lib/signatures',
      'lib/store',
      'lib/sync',
      'lib/runtime',
      'lib/transfer',
      'lib/stages',
      'pipelines',
      'rxjs',
      'io-ts',
    ],
  ],
  doctor: [...base, 'lib/codec', 'lib/image', 'lib/system', 'lib/registry', 'puller'],
  server: [
    ...base,
    ...['lib/codec', 'lib/api', 'lib/events', 'lib/image', 'lib/store', 'pipelines', 'puller'],
    ...['io-ts', 'hono', '@hono/node-server'],
  ],
  // The entry point gathers what is public. Nothing inside imports it.
  'lib/index': [
    ...[
      'lib/errors',
      'lib/limits',
      'lib/archive',
      'lib/bytes',
      'lib/events',
      'lib/image',
      'lib/registry',
      'lib/sources',
    ],
    ...['lib/sinks', 'lib/signatures', 'lib/store', 'lib/sync', 'lib/runtime', 'pipelines', 'puller'],
  ],
  cli: [
    ...base,
    ...[
      'lib/codec',
      'lib/api',
      'lib/remote',
      'lib/telemetry',
      'lib/archive',
      'lib/events',
      'lib/image',
      'lib/referrers',
      'lib/stages',
    ],
    ...[
      'lib/sync',
      'lib/system',
      'lib/testing',
      'pipelines',
      'puller',
      'doctor',
      'server',
      'rxjs',
      'commander',
      'log-update',
    ],
  ],
  ui: [...base, 'lib/api', 'lib/events', 'preact', 'htm', 'uplot'],
}

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

const sources = sourcesBelow('lib', 'pipelines', 'puller', 'doctor', 'server', 'cli', 'ui')
const imports = sources.flatMap(importsOf)
const tools = sourcesBelow('benchmarks', 'testbench', 'scripts')

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

  it('has the table of ARCHITECTURE.md', () => {
    const rows = [...textOf('ARCHITECTURE.md').matchAll(/^\| `([^`]+)` \| [^|]* \| ([^|]*) \|$/gm)]
    const listed = Object.fromEntries(rows.map(([, home = '', targets = '']) => [home, targets]))
    const expected = Object.entries(mayImport).map(([home, targets]) => {
      const names = targets.filter((target) => !base.includes(target))
      return [home, names.map((name) => name.replace('lib/', '')).join(', ') || '–'] as const
    })
    expect(listed).toEqual(Object.fromEntries(expected))
  })

  it('lists no module that is not imported', () => {
    const used = new Set(
      imports.map(({ from, to }) => `${moduleOf(from)} ${isOurs(to) ? moduleOf(to) : packageOf(to)}`),
    )
    const unused = Object.entries(mayImport).flatMap(([home, targets]) =>
      targets
        .filter((target) => target.startsWith('lib/') && !base.includes(target))
        .filter((target) => !used.has(`${home} ${target}`))
        .map((target) => `${home} ${target}`),
    )
    expect(unused).toEqual([])
  })

  it('imports nothing that is not there', () => {
    const known = new Set(sources)
    expect(imports.filter(({ to }) => isOurs(to) && !known.has(to))).toEqual([])
  })

  it('lets benchmarks, scripts and the test bench import nothing of the specs', () => {
    expect(tools.flatMap(importsOf).filter(({ to }) => to.startsWith('spec/'))).toEqual([])
  })

  it('lets no stage import another but those that compose', () => {
    // These make a stage of others, or of a behaviour.
    const composing = new Set([
      'lib/stages/index.ts',
      'lib/stages/pull-stage.ts',
      'lib/stages/layers/download.ts',
    ])
    const stagesOf = (file: string): string[] =>
      [...textOf(file).matchAll(/export (?:function|const) (\w+)[^;{}]*?(?:\{[^{}]*\}[^;{}]*?)*Stage</g)].map(
        (match) => match[1]!,
      )
    const valuesFrom = (file: string): { to: string; name: string }[] =>
      [...textOf(file).matchAll(/import \{([^}]*)\} from '(\.[^']+)\.js'/g)].flatMap(
        ([, names = '', to = '']) =>
          names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .map((name) => ({ to: path.join(path.dirname(file), `${to}.ts`), name })),
      )
    const stages = sources.filter((file) => moduleOf(file) === 'lib/stages' && !composing.has(file))
    expect(stages.flatMap(stagesOf).length).toBeGreaterThan(15)
    const breaches = stages.flatMap((from) =>
      valuesFrom(from)
        .filter(
          ({ to, name }) =>
            moduleOf(to) === 'lib/stages' && !composing.has(to) && stagesOf(to).includes(name),
        )
        .map(({ to, name }) => `${from} takes ${name} from ${to}`),
    )
    expect(breaches).toEqual([])
  })
})

describe('circles', () => {
  const ours = [...sources, ...tools].flatMap(importsOf).filter(({ to }) => isOurs(to))
  const between = (nodeOf: (file: string) => string): readonly (readonly [string, string])[] =>
    ours.map(({ from, to }) => [nodeOf(from), nodeOf(to)] as const).filter(([from, to]) => from !== to)

  it('are not between files, types included', () => {
    expect(circlesIn(between((file) => file))).toEqual([])
  })

  it('are not between modules', () => {
    expect(circlesIn(between(moduleOf))).toEqual([])
  })

  it('are not between the rooms of a module', () => {
    // An index gathers the rooms of its module; what others take from it belongs to one of them.
    const edges = ours
      .filter(({ from, to }) => !from.endsWith('index.ts') && !to.endsWith('index.ts'))
      .map(({ from, to }) => [roomOf(from), roomOf(to)] as const)
      .filter(([from, to]) => from !== to)
    expect(circlesIn(edges)).toEqual([])
  })
})
