/** The chosen pull: head with controls, notices, plot and lanes, facts about one layer. */
import type { VNode } from 'preact'
import { noticesOf } from '../facts/notices.js'
import { html } from '../html.js'
import { isRowsShown } from '../live/keys.js'
import { icon } from '../parts/icon.js'
import { Legend } from '../parts/marks.js'
import type { ViewProps } from '../live/view-props.js'
import { Chart } from '../chart/chart.js'
import { DetailHead } from './detail-head.js'
import { FactsLine } from './facts-line.js'
import { NoticeBox } from './notice.js'

export function Detail({ page, frame }: ViewProps): VNode {
  const { chosen, preferences, now, state, link } = frame
  if (!chosen) return html`<article class="detail"></article>`
  const { layers } = chosen.snapshot
  const isRows = isRowsShown(preferences.density, layers.length)
  const notices = noticesOf(chosen, now, (state.server?.retries ?? 5) + 1)
  const density = (name: 'compact' | 'rows', label: string): VNode =>
    html`<button
      aria-pressed=${(name === 'rows') === isRows ? 'true' : 'false'}
      onClick=${() => page.prefer({ density: name })}
    >
      ${label}
    </button>`
  const hasPlan = layers.length > 0
  return html`<article class="detail" aria-label="The chosen pull">
    <button class="back" onClick=${() => history.back()}>${icon('back')}Pulls</button>
    <${DetailHead} page=${page} frame=${frame} pull=${chosen} />
    <div class="notes">
      ${notices.map((notice) => html`<${NoticeBox} key=${notice.key.split(' ')[0]} page=${page} pull=${chosen} notice=${notice} isOn=${link.state === 'connected'} pending=${frame.pending} />`)}
    </div>
    <div class=${hasPlan ? 'bar' : 'bar unseen'}>
      <h3 aria-level=${frame.screen.isPhone && frame.sight.isDetail ? 2 : undefined}>Layers over time</h3>
      <span class="dim">one lane a layer: upper track network, lower track disk</span>
      <div class="seg" role="group" aria-label="Density">
        ${density('compact', 'Compact')}${density('rows', 'Rows')}
      </div>
    </div>
    ${hasPlan && html`<${Legend} />`}
    ${hasPlan && html`<${Chart} key=${chosen.record.id} page=${page} frame=${frame} pull=${chosen} isRows=${isRows} />`}
    ${hasPlan && html`<${FactsLine} page=${page} frame=${frame} pull=${chosen} />`}
  </article>`
}
