/** Renders the comparison of servers that keep running. */
import type { Comparison } from '../compare.js'
import type { Machine } from '../shared/machine.js'
import { table } from '../shared/markdown.js'

/** The goals: what is measured, against whom, and the largest ratio for each image. */
const goals: readonly WarmGoal[] = [
  {
    what: 'cold, `docker pull` from `windlass serve`',
    against: 'the faster of dockerd and containerd',
    ...{ work: 'unpack', own: 'windlass serve, docker', others: ['dockerd', 'containerd'] },
    target: (image) => (image === 'distribution' ? 0.35 : 0.5),
  },
  {
    what: 'up to date, `docker pull` from `windlass serve`',
    against: 'dockerd',
    ...{ work: 'again', own: 'windlass serve, docker', others: ['dockerd'] },
    target: () => 1,
  },
  {
    what: 'fetched and verified by the library',
    against: 'crane',
    ...{ work: 'fetch', own: 'windlass library', others: ['crane'] },
    target: () => 1.3,
  },
]

interface WarmGoal {
  readonly what: string
  readonly against: string
  readonly work: Comparison['work']
  /** Start of the name of the contender. */
  readonly own: string
  /** Starts of the names of those that it is compared with; the fastest counts. */
  readonly others: readonly string[]
  target(image: string): number
}

const workNames: Partial<Record<Comparison['work'], string>> = {
  again: 'up to date',
  unpack: 'cold',
  fetch: 'cold, fetched only',
}

/** Returns the page. */
export function warmTable(comparisons: readonly Comparison[], machine: Machine): string {
  const rows = comparisons.flatMap((comparison) => {
    const { image, work, store, contenders } = comparison
    const fastest = fastestOther(comparison)
    return contenders.map(({ name, wall, cpu, memory }) => [
      ...[image, workNames[work] ?? work, store, name],
      `${wall.median.toFixed(3)} (${wall.least.toFixed(3)}–${wall.most.toFixed(3)})`,
      name.startsWith('windlass') && fastest !== undefined ? (wall.median / fastest).toFixed(2) : '',
      cpu.median.toFixed(2),
      (memory.median / 1e6).toFixed(0),
    ])
  })
  const found = goals.flatMap((goal) =>
    comparisons
      .filter(({ work }) => work === goal.work)
      .flatMap((comparison) => {
        const [own, other] = [fastestOf(comparison, [goal.own]), fastestOf(comparison, goal.others)]
        const { image, store } = comparison
        return own === undefined || other === undefined
          ? []
          : [{ goal, image, store, ratio: own / other, isReached: own / other <= goal.target(image) }]
      }),
  )
  const goalRows = found.map(({ goal, image, store, ratio, isReached }) => [
    ...[goal.what, goal.against, image, store, (Math.ceil(ratio * 100 - 1e-9) / 100).toFixed(2)],
    ...[goal.target(image), isReached ? 'yes' : '**no**'],
  ])
  const versions = new Map(
    comparisons.flatMap(({ contenders }) => contenders).map(({ name, version }) => [name, version]),
  )
  const failed = comparisons.flatMap(({ image, work, failed: all }) =>
    all.map(({ name, reason }) => `- ${name}, ${image}, ${work}: ${reason}\n`),
  )
  return `# Servers that keep running

Made by \`npm run bench -- warm\`; [README.md](README.md) describes the measurement. CPU seconds and memory include those of the server.

## Goals

${table(['work', 'against', 'image', 'store on', 'ratio', 'at most', 'reached'], goalRows, [4, 5])}
${found.filter(({ isReached }) => isReached).length} of ${found.length} reached. \`docker version\` is what the docker client takes to start and to ask for a version.

## Results

\`ratio\` is the time divided by that of the fastest contender that is not Windlass.

${table(['image', 'store has', 'store on', 'contender', 'time (s)', 'ratio', 'CPU (s)', 'memory (MB)'], rows, [5, 6, 7])}
${failed.join('')}
${[...versions].map(([name, version]) => `${name}: ${version}`).join('; ')}. ${machine.processors}; kernel ${machine.kernel}; disk ${machine.disk}.
`.replaceAll(/\n{3,}/g, '\n\n')
}

/** Seconds of the fastest contender that is not Windlass. */
function fastestOther({ contenders }: Comparison): number | undefined {
  const others = contenders.filter(({ name }) => !name.includes('windlass'))
  return others.length === 0 ? undefined : Math.min(...others.map(({ wall }) => wall.median))
}

/** Seconds of the fastest contender whose name starts with one of `names`. */
function fastestOf({ contenders }: Comparison, names: readonly string[]): number | undefined {
  const found = contenders.filter(({ name }) => names.some((start) => name.startsWith(start)))
  return found.length === 0 ? undefined : Math.min(...found.map(({ wall }) => wall.median))
}
