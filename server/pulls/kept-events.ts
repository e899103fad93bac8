/** Keeps the events of a pull that a late watcher needs to rebuild its state and its lanes. */
import type { LayerEvent, PullEvent } from '../../lib/events/index.js'

type LayerPullEvent = PullEvent & LayerEvent

/** The events of one layer. */
interface KeptLayer {
  /** The first event of each stage: its time is the time at which the stage began. */
  readonly stages: LayerPullEvent[]
  /** The latest event of the last stage, if it is not the first one. */
  latest?: LayerPullEvent | undefined
  /** The pull was paused since the last event. */
  isBroken?: boolean
}

/** The events of one pull, without the byte counts that later ones replace. */
export class KeptEvents {
  readonly #others: PullEvent[] = []
  readonly #layers = new Map<string, KeptLayer>()

  /** Adds `event`. */
  add(event: PullEvent): void {
    // Requests change neither the state nor the lanes.
    if (event.type === 'request') return
    if (event.type !== 'layer') {
      this.#others.push(event)
      // A pause ends the work on all layers: the next event of each begins a new span of its lane.
      if (event.type === 'paused' || event.type === 'resumed')
        for (const layer of this.#layers.values()) layer.isBroken = true
      return
    }
    const layer = this.#layers.get(event.digest) ?? { stages: [] }
    this.#layers.set(event.digest, layer)
    const stage = layer.stages.at(-1)
    if (stage && isSameStage(stage, event) && layer.isBroken !== true) layer.latest = event
    else {
      layer.isBroken = false
      layer.stages.push(event)
      layer.latest = undefined
    }
  }

  /** Returns the events in the order of their numbers. */
  all(): PullEvent[] {
    const layers = [...this.#layers.values()].flatMap(({ stages, latest }) =>
      latest ? [...stages, latest] : stages,
    )
    return [...this.#others, ...layers].sort((a, b) => a.seq - b.seq)
  }
}

const isSameStage = (a: LayerEvent, b: LayerEvent): boolean =>
  a.status === b.status &&
  a.status !== 'retrying' &&
  a.host === b.host &&
  (a.unpacked ?? 0) > 0 === (b.unpacked ?? 0) > 0
