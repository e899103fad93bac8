/** Renders the comparison as Markdown: the goals, then the results of each contender. */
import { imageRecipes } from './images/recipes.js'
import type { Comparison, ContenderResult } from './compare.js'
import { table } from './shared/markdown.js'
import { type GoalResult, isWindlass, windlassResult, lineSeconds, evaluateGoals, goals } from './reach.js'
import type { Results } from './results.js'
import type { Spread } from '../puller/bench/statistics.js'
import type { TreeCheck } from './trees/check-trees.js'

/** Orders images as the recipes do; other images follow. */
const byImage = (a: string, b: string): number => positionOf(a) - positionOf(b)
const positionOf = (image: string): number =>
  image === '' ? imageRecipes.length : imageRecipes.findIndex(({ name }) => name === image)

/** @param plot whether to include the picture */
export function resultsTable(results: Results, plot = true): string {
  const { comparisons, trees, images, skipped, machine } = results
  const parts = [
    '# Windlass and its peers',
    'Made by `npm run bench -- peers`; [README.md](README.md) describes the measurement. Ratios are the median of Windlass divided by that of the other.',
    '## Goals',
    summary(comparisons),
    '## Results',
    'Elapsed and CPU seconds (servers included) and peak resident memory (that of servers added): medians, with minimum and ' +
      'maximum in parentheses. `×` is the time divided by that of Windlass.',
    ...(plot ? ['![Windlass and its peers](plot.svg)'] : []),
    ...details(comparisons),
    '## Trees',
    treesTable(trees),
    '## Images',
    table(
      ['image', 'content', 'layers', 'MB compressed'],
      [...images]
        .sort((a, b) => byImage(a.name, b.name))
        .map(({ name, shows, layers, bytes }) => [name, shows, layers, (bytes / 1e6).toFixed(1)]),
      [2, 3],
    ),
    '## Left out',
    leftOut(comparisons, skipped),
    '## Machine and versions',
    table(
      ['property', 'value'],
      [
        ['processors', machine.processors],
        ['memory', `${(machine.memory / 2 ** 30).toFixed(1)} GiB`],
        ['kernel', machine.kernel],
        ['disk', machine.disk],
        ['Node', machine.node],
        ['windlass', `${machine.version}, gzip by ${machine.isal ? 'ISA-L' : 'zlib'}`],
        ...versions(comparisons),
        ['measured', dates(comparisons)],
      ],
    ),
  ]
  return parts.map((part) => `${part.trimEnd()}\n`).join('\n')
}

/** Renders the goals, in a table for each Node. */
export function summary(comparisons: readonly Comparison[]): string {
  const found = evaluateGoals(comparisons)
  const owns = [...new Set(found.map(({ own }) => own))].sort()
  if (owns.length < 2) return goalTable(found)
  return owns
    .map((own) => {
      const version = comparisons
        .flatMap(({ contenders }) => contenders)
        .find(({ name }) => name === own)?.version
      const of = goalTable(found.filter((each) => each.own === own))
      return `${version?.replace(/^.*, /, '') ?? own}:\n\n${of}`
    })
    .join('\n')
}

/** Renders one row per goal, with one column per image. */
function goalTable(found: readonly GoalResult[]): string {
  const images = [...new Set(found.map(({ image }) => image))].sort(byImage)
  const rows = goals.map((reach) => {
    const of = found.filter((each) => each.reach === reach)
    const cells = images.map((image) => of.find((each) => each.image === image)).map(verdict)
    return of.length === 0 ? [] : [[reach.what, reach.against, ...cells]]
  })
  const count = found.filter(({ reached }) => reached).length
  const head = ['work', 'against', ...images.map((image) => (image === '' ? 'no image' : image))]
  return `${table(head, rows.flat())}\n${count} of ${found.length} reached.\n`
}

/** Rounds up, so that a missed goal never appears to be met. */
const verdict = (
  found: { readonly ratio: number; readonly target: number; readonly reached: boolean } | undefined,
): string => {
  if (!found) return ''
  const { ratio, target, reached } = found
  const shown = (Math.ceil(ratio * 100 - 1e-9) / 100).toFixed(2)
  return reached ? `${shown} ≤ ${target}: yes` : `${shown} > ${target}: **no**`
}

const works: Record<Comparison['work'], string> = {
  version: 'The command line started',
  unpack: 'Fetch, verify and unpack',
  fetch: 'Fetch and verify only',
  again: 'Pull of an image that is up to date',
}
const order = Object.keys(works)

const titleOf = ({ work, store, link }: Comparison): string => {
  const [megabits, milliseconds] = link.split('/')
  const line = link === '' ? '' : `, over ${megabits} Mbit/s with ${milliseconds} ms`
  return `${works[work]}${store === '' ? '' : `, store on ${store}`}${line}`
}

/** Sorts comparisons by work, store and link, then by image. */
export const inOrder = (comparisons: readonly Comparison[]): Comparison[] =>
  [...comparisons].sort(
    (a, b) =>
      order.indexOf(a.work) - order.indexOf(b.work) ||
      a.link.localeCompare(b.link) ||
      b.store.localeCompare(a.store) ||
      byImage(a.image, b.image),
  )

function details(comparisons: readonly Comparison[]): string[] {
  const sorted = inOrder(comparisons)
  const titles = [...new Set(sorted.map(titleOf))]
  return titles.flatMap((title) => {
    const of = sorted.filter((each) => titleOf(each) === title)
    const isPull = of.some(({ image }) => image !== '')
    const rows = of.flatMap((comparison) => {
      const own = windlassResult(comparison)
      const all = [...comparison.contenders].sort((a, b) => a.wall.median - b.wall.median)
      return all.map((each) => [...(isPull ? [comparison.image] : []), ...contenderRow(each, own)])
    })
    const lines = of
      .filter(({ link }) => link !== '')
      .map((each) => `${each.image} ${lineSeconds(each).toFixed(2)} s`)
    const head = [
      ...(isPull ? ['image'] : []),
      'contender',
      'time (s)',
      '×',
      'CPU (s)',
      'memory (MB)',
      'runs',
    ]
    const right = head.map((_, column) => column).slice(isPull ? 2 : 1)
    return [
      `### ${title}`,
      ...(lines.length > 0 ? [`The line alone needs: ${lines.join(', ')}.`] : []),
      table(head, rows, right),
    ]
  })
}

const contenderRow = (each: ContenderResult, own: ContenderResult | undefined): (string | number)[] => [
  isWindlass(each.name) ? `**${each.name}**` : each.name,
  spread(each.wall, 1, each.wall.median < 1 ? 3 : 2),
  own === undefined || own === each ? '' : (each.wall.median / own.wall.median).toFixed(2),
  spread(each.cpu, 1, each.cpu.median < 1 ? 3 : 2),
  spread(each.memory, 1e6, 0),
  each.wall.runs,
]

const spread = ({ median, least, most }: Spread, unit: number, digits: number): string => {
  const [middle = '', low, high] = [median, least, most].map((value) => (value / unit).toFixed(digits))
  return `${middle} (${low}–${high})`
}

function treesTable(trees: readonly TreeCheck[]): string {
  if (trees.length === 0) return 'Not compared in this run.'
  const rows = [...trees]
    .sort((a, b) => byImage(a.image, b.image))
    .map(({ image, peer, entries, open, differences, shown }) => [
      ...[image, peer, entries, open],
      differences === 0
        ? 'the same'
        : differences === undefined
          ? 'not compared'
          : `${differences} differences`,
      shown.slice(0, 3).map(code).join('; '),
    ])
  const what =
    'Each peer’s tree against Windlass’s: types, modes, owners, times, links, devices, attributes and contents. ' +
    'Not compared: the times of those directories that the topmost layer with something in them does not list, for an ' +
    'image does not say what they are (the column says how many); the time of the root by podman, docker and ctr, which ' +
    'pass over its entry; and its mode by podman, which is 0555 whatever the image says.'
  return `${what}\n\n${table(['image', 'peer', 'entries', 'open times', 'tree', 'the first differences'], rows, [2, 3])}`
}

const code = (text: string): string => `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``

function leftOut(comparisons: readonly Comparison[], skipped: Results['skipped']): string {
  const rows = [
    ...skipped.map(({ name, reason }) => [name, 'everything', code(reason)]),
    ...comparisons.flatMap((each) =>
      each.failed.map(({ name, reason }) => [name, `${each.image}: ${titleOf(each)}`, code(reason)]),
    ),
  ]
  return rows.length === 0 ? 'Nobody.' : table(['contender', 'out of what', 'why'], rows)
}

function versions(comparisons: readonly Comparison[]): string[][] {
  const all = comparisons.flatMap(({ contenders }) => contenders)
  const found = new Map(all.map(({ name, version }) => [name, version]))
  return [...found].filter(([name, version]) => version !== '' && !/^(windlass|node)/.test(name))
}

function dates(comparisons: readonly Comparison[]): string {
  const days = comparisons.map(({ date }) => date.slice(0, 10)).sort()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  return first === last ? first : `${first} to ${last}`
}
