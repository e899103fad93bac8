/** The gauge: five stages, left to right. Queues are ticks, slots are rows; the holder has a bar above. */
import type { VNode } from 'preact'
import type { QueueCount } from '../facts/lines.js'
import { total } from '../facts/lines.js'
import { queueTicks } from '../facts/ticks.js'
import { html, memo } from '../html.js'
import type { Screen } from '../live/frame.js'
import type { ViewProps } from '../live/view-props.js'
import { CapField, Stepper } from './limits.js'
import { SlotRows } from './slots.js'

export function Gauge({ page, frame }: ViewProps): VNode {
  const { counts, state, screen, verdict, link, pending } = frame
  const { limits, slots } = state
  const hold = (stage: string): string => (verdict.stage === stage ? ' hold' : '')
  const busy = (kind: 'downloads' | 'unpacks', most: number): number =>
    Math.min(slots[kind].filter((slot) => slot !== undefined).length, most + frame.closing[kind].size)
  const isOn = link.state === 'connected'
  const stage = (name: string, used: number, most: number, waiting: number): string =>
    `${name}, ${used} of ${most} slots, ${waiting} layers wait${verdict.stage === name.toLowerCase() ? ', holds the line' : ''}`
  const downloads = limits?.maxDownloads ?? 0
  const unpacks = limits?.maxUnpacks ?? 0
  const busyDownloads = busy('downloads', downloads)
  const busyUnpacks = busy('unpacks', unpacks)
  return html`<ol class="gauge">
    <${Queue}
      name="Waiting"
      why="for a download slot"
      width=${queueWidth(screen, 0)}
      isRight=${!screen.isPhone}
      isPhone=${screen.isPhone}
      chosen=${counts.waiting.chosen}
      others=${counts.waiting.others}
    />
    <li
      class=${`g net${hold('downloading')}`}
      aria-label=${stage('Downloading', busyDownloads, downloads, total(counts.waiting))}
    >
      <h2>
        Downloading
        <b><span class=${busyDownloads > downloads ? 'struck' : ''}>${busyDownloads}</span>${` of ${downloads}`}</b>
        <${Stepper}
          page=${page}
          name="maxDownloads"
          noun="download"
          value=${downloads}
          isAuto=${limits?.isAuto === true}
          isOn=${isOn}
          isPending=${pending.has('limit maxDownloads')}
        />
      </h2>
      <p class="why">
        <${CapField} page=${page} bytesPerSecond=${limits?.bytesPerSecond ?? null} isOn=${isOn} />
      </p>
      <${SlotRows} frame=${frame} kind="downloads" />
    </li>
    <${Queue}
      name="Downloaded"
      why="waiting for an unpack slot"
      width=${queueWidth(screen, 2)}
      isRight=${!screen.isPhone}
      isPhone=${screen.isPhone}
      chosen=${counts.downloaded.chosen}
      others=${counts.downloaded.others}
    />
    <li
      class=${`g disk${hold('unpacking')}`}
      aria-label=${stage('Unpacking', busyUnpacks, unpacks, total(counts.downloaded))}
    >
      <h2>
        Unpacking
        <b><span class=${busyUnpacks > unpacks ? 'struck' : ''}>${busyUnpacks}</span>${` of ${unpacks}`}</b>
        <${Stepper}
          page=${page}
          name="maxUnpacks"
          noun="unpack"
          value=${unpacks}
          isAuto=${false}
          isOn=${isOn}
          isPending=${pending.has('limit maxUnpacks')}
        />
      </h2>
      <p class="why">writes the layers’ files</p>
      <${SlotRows} frame=${frame} kind="unpacks" />
    </li>
    <${Queue}
      name="Committed"
      why="verified and in the store"
      width=${queueWidth(screen, 4)}
      isRight=${false}
      isPhone=${screen.isPhone}
      chosen=${counts.committed.chosen}
      others=${counts.committed.others}
    />
  </ol>`
}

/** Shares of the columns of the gauge; the last one is left out between 700 and 1100 pixels. */
const columns = [1, 1.75, 1, 1.75, 1.15]

function queueWidth({ width, isPhone, isStacked }: Screen, column: number): number {
  if (isPhone) return width - 32 - 130
  const shown = isStacked ? columns.slice(0, 4) : columns
  const whole = ((width - 48) * (columns[column] ?? 1)) / shown.reduce((sum, share) => sum + share, 0)
  return Math.floor(whole - (column === 0 ? 16 : 33))
}

interface QueueProps {
  readonly name: string
  readonly why: string
  readonly chosen: number
  readonly others: number
  readonly width: number
  readonly isRight: boolean
  readonly isPhone: boolean
}

const Queue = memo(({ name, why, chosen, others, width, isRight, isPhone }: QueueProps): VNode => {
  const queue: QueueCount = { chosen, others }
  const row = isPhone ? 16 : 29
  const ticks = queueTicks(queue, { width, row, isRight })
  const isLast = name === 'Committed'
  return html`<li class=${`g q${isLast ? ' q3' : ''}`} aria-label=${`${name}, ${total(queue)} layers`}>
    <h2>${name} <b>${total(queue)}</b></h2>
    <p class="why">${why}</p>
    <div class="ticks">
      <svg aria-hidden="true">
        <path class="tick-chosen" d=${ticks.chosen} />
        <path class="tick" d=${ticks.others} />
      </svg>
      <small>${ticks.each > 1 ? `a tick is ${ticks.each} layers` : ''}</small>
    </div>
  </li>`
})
