/** Renders the comparison of servers that keep running. */
import type { Comparison } from '../compare.js'
import type { Machine } from '../shared/machine.js'
import { table } from '../shared/markdown.js'

/** The goal: the time of the docker client with `windlass serve` against that of the faster of the other servers. */
export const warmGoal = 0.5

/** Returns the page. */
export function warmTable(comparisons: readonly Comparison[], machine: Machine): string {
  const rows = comparisons.flatMap((comparison) => {
    const { image, work, store, contenders } = comparison
    const fastest = fastestOther(comparison)
    return contenders.map(({ name, wall, cpu, memory }) => [
      ...[image, work === 'again' ? 'up to date' : 'cold', store, name],
      `${wall.median.toFixed(3)} (${wall.least.toFixed(3)}–${wall.most.toFixed(3)})`,
      name.startsWith('windlass') && fastest !== undefined ? (wall.median / fastest).toFixed(2) : '',
      cpu.median.toFixed(2),
      (memory.median / 1e6).toFixed(0),
    ])
  })
  const ratios = comparisons.flatMap((comparison) => {
    const ours = comparison.contenders.find(({ name }) => name.startsWith('windlass serve, docker'))
    const fastest = fastestOther(comparison)
    return ours && fastest !== undefined ? [ours.wall.median / fastest] : []
  })
  const reached = ratios.filter((ratio) => ratio <= warmGoal).length
  const versions = new Map(
    comparisons.flatMap(({ contenders }) => contenders).map(({ name, version }) => [name, version]),
  )
  const failed = comparisons.flatMap(({ image, work, failed: all }) =>
    all.map(({ name, reason }) => `- ${name}, ${image}, ${work}: ${reason}\n`),
  )
  return `# Servers that keep running

Made by \`npm run bench -- warm\`; [README.md](README.md) describes the measurement. \`ratio\` is the time divided by that of the
faster of dockerd and containerd. CPU seconds and memory include those of the server.

With the docker client, ${reached} of ${ratios.length} are at most ${warmGoal}.

${table(['image', 'store has', 'store on', 'contender', 'time (s)', 'ratio', 'CPU (s)', 'memory (MB)'], rows, [5, 6, 7])}
${failed.join('')}
${[...versions].map(([name, version]) => `${name}: ${version}`).join('; ')}. ${machine.processors}; kernel ${machine.kernel}; disk ${machine.disk}.
`.replaceAll(/\n{3,}/g, '\n\n')
}

/** Seconds of the faster of the contenders that are not Windlass. */
function fastestOther({ contenders }: Comparison): number | undefined {
  const others = contenders.filter(({ name }) => !name.startsWith('windlass'))
  return others.length === 0 ? undefined : Math.min(...others.map(({ wall }) => wall.median))
}
