/** Draws a queue of layers as ticks in two rows. If there are too many, a tick stands for several layers. */
import type { QueueCount } from './lines.js'
import { total } from './lines.js'
import { box } from './strip-paths.js'

/** Pixels from tick to tick, and of a tick. */
const apart = 5
const width = 3

/** The ticks of a queue. */
export interface QueueTicks {
  /** Paths of the layers of the chosen pull, and of the others. */
  readonly chosen: string
  readonly others: string
  /** Number of layers that one tick stands for. */
  readonly each: number
}

/** Where the ticks are drawn. */
export interface TickSpace {
  readonly width: number
  /** Height of one row. */
  readonly row: number
  /** Pile them up at the right edge. */
  readonly isRight: boolean
}

/** Returns the ticks of `queue`, those of the chosen pull first. */
export function queueTicks(queue: QueueCount, { width: space, row, isRight }: TickSpace): QueueTicks {
  const all = total(queue)
  const fits = Math.max(2, Math.floor(space / apart) * 2)
  const each = Math.max(1, Math.ceil(all / fits))
  const ticks = Math.ceil(all / each)
  const marked = Math.round(queue.chosen / each)
  const paths = { chosen: '', others: '' }
  for (let index = 0; index < ticks; index++) {
    const column = Math.floor(index / 2) * apart
    const x = isRight ? space - width - column : column
    paths[index < marked ? 'chosen' : 'others'] += box(x, (index % 2) * (row + 4), width, row)
  }
  return { ...paths, each }
}
