/** Rows: the lanes with number, digest, size and stage in words, as a grid that screen readers and keys understand. */
import type { VNode } from 'preact'
import type { PullState } from '../../lib/api/server-state.js'
import type { ChartLayout } from '../facts/chart-layout.js'
import type { SharedLayers } from '../facts/lines.js'
import { sharerOf, stageWords } from '../facts/layer-words.js'
import { shortName } from '../facts/names.js'
import { bytes, digits } from '../facts/numbers.js'
import { nameOf } from '../facts/pull-words.js'
import { html, memo } from '../html.js'
import type { Frame } from '../live/frame.js'
import type { Page } from '../live/page.js'
import { stepLane } from './lane-keys.js'

interface Props {
  readonly page: Page
  readonly frame: Frame
  readonly pull: PullState
  readonly layout: ChartLayout
  readonly shared: SharedLayers | undefined
}

/** More rows than these are made only where they are seen. */
const maxRows = 200

export function LaneRows({ page, frame, pull, layout, shared }: Props): VNode {
  const { layers } = pull.snapshot
  const names = new Map(frame.state.pulls.map((each) => [each.record.id, shortName(nameOf(each))]))
  const chosen = frame.sight.layer
  const [first, last] = visible(frame, layers.length, layout)
  const isPaused = pull.record.state === 'paused'
  const rows: VNode[] = []
  for (let index = first; index < last; index++) {
    const layer = layers[index]!
    const stage = stageWords({
      layer,
      isPaused,
      sharedWith: sharerOf(shared, layer.digest, names),
      now: frame.now,
      lane: undefined,
    })
    rows.push(
      html`<${Row}
        key=${layer.digest}
        page=${page}
        index=${index}
        digest=${layer.digest}
        size=${layer.total}
        stage=${stage}
        isDone=${layer.status === 'complete' || layer.status === 'exists'}
        isChosen=${chosen === index}
        hasFocusStop=${(chosen ?? 0) === index}
        top=${(index - first) * layout.pitch}
      />`,
    )
  }
  return html`<div
    class="grid-rows"
    role="grid"
    aria-label="Layers"
    aria-rowcount=${layers.length}
    aria-colcount="4"
    style=${{ top: `${layout.lanesTop + first * layout.pitch}px`, height: `${(last - first) * layout.pitch}px` }}
    onKeyDown=${(event: KeyboardEvent) => {
      if (!stepLane(page, event, layers.length)) return
      requestAnimationFrame(() =>
        requestAnimationFrame(() =>
          document.querySelector<HTMLElement>('.grid-rows [tabindex="0"]')?.focus(),
        ),
      )
    }}
  >
    ${rows}
  </div>`
}

/** The rows that are made: all, or those that the window shows. */
function visible(
  { screen }: Frame,
  count: number,
  { pitch, lanesTop }: ChartLayout,
): readonly [number, number] {
  if (count <= maxRows) return [0, count]
  const above = (document.querySelector('.chart')?.getBoundingClientRect().top ?? 0) + lanesTop
  const first = Math.max(0, Math.min(count - 1, Math.floor(-above / pitch) - 10))
  return [first, Math.min(count, first + Math.ceil(screen.height / pitch) + 20)]
}

interface RowProps {
  readonly page: Page
  readonly index: number
  readonly digest: string
  readonly size: number
  readonly stage: string
  readonly isDone: boolean
  readonly isChosen: boolean
  readonly hasFocusStop: boolean
}

const Row = memo(
  ({ page, index, digest, size, stage, isDone, isChosen, hasFocusStop }: RowProps): VNode =>
    html`<div
      role="row"
      aria-rowindex=${index + 1}
      aria-selected=${isChosen ? 'true' : 'false'}
      tabindex=${hasFocusStop ? 0 : -1}
      class=${isChosen ? 'row chosen' : 'row'}
      onClick=${() => page.look({ layer: isChosen ? undefined : index })}
    >
      <span role="gridcell" class="no">${index + 1}</span
      ><span role="gridcell" class="m">${digits(digest, 8)}</span
      ><span role="gridcell" class="size">${bytes(size)}</span
      ><span role="gridcell" class=${isDone ? 'stage dim' : 'stage'}>${stage}</span>
    </div>`,
)
