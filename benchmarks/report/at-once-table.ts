/** Renders the comparison of pulls at once. */
import type { Comparison } from '../compare.js'
import type { Machine } from '../shared/machine.js'
import { table } from '../shared/markdown.js'

/** The goal: the time of one process of Windlass against that of containerd and its clients. */
export const atOnceGoal = 0.5

/** Returns the page. */
export function atOnceTable({ image, contenders, failed }: Comparison, machine: Machine): string {
  const other = contenders.find(({ name }) => name.startsWith('containerd'))?.wall.median
  const rows = contenders.map(({ name, wall, cpu, memory, version }) => [
    ...[name, version, `${wall.median.toFixed(2)} (${wall.least.toFixed(2)}–${wall.most.toFixed(2)})`],
    other === undefined || name.startsWith('containerd') ? '' : (wall.median / other).toFixed(2),
    ...[cpu.median.toFixed(2), (memory.median / 1e6).toFixed(0), wall.runs],
  ])
  const head = ['contender', 'version', 'time (s)', 'ratio', 'CPU (s)', 'memory (MB)', 'runs']
  return `# Pulls at once

Made by \`npm run bench -- at-once\`: ${image}, images of two layers of their own and two that all share, 2 MB each, store on tmpfs. The
goal is a ratio of ${atOnceGoal}.

${table(head, rows, [3, 4, 5, 6])}
${failed.map(({ name, reason }) => `- ${name}: ${reason}\n`).join('')}
${machine.processors}; kernel ${machine.kernel}.
`.replaceAll(/\n{3,}/g, '\n\n')
}
