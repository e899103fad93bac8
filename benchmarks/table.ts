/** The comparison as Markdown: each image with each contender, and the ratios that count. */
import type { Comparison, ContenderResult } from './compare.js'

const isFloor = ({ name }: ContenderResult): boolean => name.startsWith('floor')
const isOurs = ({ name }: ContenderResult): boolean => name === 'windlass'

export interface Ratios {
  /** Windlass's medians over those of the fastest peer, of the peer that took the least of the processor, of docker. */
  readonly time: number
  readonly fastestPeer: string
  readonly cpu: number
  /** Over the floor, where there is one. */
  readonly floor: number | undefined
  /** Of the peak memory over docker's, where it took part. */
  readonly memory: number | undefined
}

export function ratiosOf({ contenders }: Comparison): Ratios | undefined {
  const ours = contenders.find(isOurs)
  const peers = contenders.filter((each) => !isOurs(each) && !isFloor(each))
  const [fastest] = [...peers].sort((a, b) => a.wall.median - b.wall.median)
  if (!ours || !fastest) return undefined
  const floor = contenders.find(isFloor)
  const docker = contenders.find(({ name }) => name === 'docker')
  return {
    time: ours.wall.median / fastest.wall.median,
    fastestPeer: fastest.name,
    cpu: ours.cpu.median / Math.min(...peers.map(({ cpu }) => cpu.median)),
    floor: floor && ours.wall.median / floor.wall.median,
    memory: docker && ours.memory.median / docker.memory.median,
  }
}

const ratio = (value: number | undefined): string => value?.toFixed(2) ?? ''

export function comparisonTable(comparisons: readonly Comparison[]): string {
  const names = [...new Set(comparisons.flatMap(({ contenders }) => contenders.map(({ name }) => name)))]
  const head = [
    'image',
    'work',
    'store',
    ...names,
    'fastest peer',
    'time',
    'CPU',
    'over the floor',
    'memory / docker',
  ]
  const rows = comparisons.map((each) => {
    const ratios = ratiosOf(each)
    const times = names.map((name) => {
      const found = each.contenders.find((contender) => contender.name === name)
      return found
        ? `${found.wall.median.toFixed(2)} (${found.wall.least.toFixed(2)}–${found.wall.most.toFixed(2)})`
        : ''
    })
    return [
      ...[each.image, `${each.work}${each.link === '' ? '' : `, ${each.link}`}`, each.store, ...times],
      ...[ratios?.fastestPeer ?? '', ratio(ratios?.time), ratio(ratios?.cpu)],
      ...[ratio(ratios?.floor), ratio(ratios?.memory)],
    ]
  })
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n') + '\n'
}
