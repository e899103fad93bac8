/** The whole page: the top bar and the view that is open. */
import type { VNode } from 'preact'
import { Still, html } from '../html.js'
import type { Frame } from '../live/frame.js'
import type { ViewProps } from '../live/view-props.js'
import { Detail } from './detail.js'
import { EmptyPulls } from './empty.js'
import { HistoryView } from './history.js'
import { ImagesView } from './images.js'
import { KeyTable } from './key-table.js'
import { LineBand } from './line-band.js'
import { PullList } from './pull-list.js'
import { TopBar } from './top-bar.js'

export function App({ page, frame }: ViewProps): VNode {
  const { sight, link } = frame
  return html`<div
    class=${`page${sight.isDetail ? ' is-detail' : ''}${link.state === 'lost' ? ' is-lost' : ''}`}
  >
    <a class="skip" href="#main">Skip to the pulls</a>
    <${Still} signature=${topSignature(frame)} draw=${() => html`<${TopBar} page=${page} frame=${frame} />`} />
    <main id="main">
      ${sight.view === 'pulls' && html`<${PullsView} page=${page} frame=${frame} />`}
      ${sight.view === 'images' && html`<${ImagesView} page=${page} frame=${frame} />`}
      ${sight.view === 'history' && html`<${HistoryView} page=${page} frame=${frame} />`}
    </main>
    <${KeyTable} page=${page} isOpen=${sight.hasKeysOpen} hasKeys=${frame.preferences.hasKeys} />
  </div>`
}

/** Everything that the top bar shows. */
function topSignature({ sight, link, state, counts, images, preferences }: Frame): string {
  const wait = link.state === 'lost' ? Math.ceil(((link.triesAt ?? 0) - Date.now()) / 1000) : ''
  const isEmpty = state.pulls.length === 0
  const numbers = [counts.running + counts.paused, images?.images.length, isEmpty]
  return [sight.view, link.state, wait, state.server?.run, ...numbers, preferences.theme].join(' ')
}

function PullsView({ page, frame }: ViewProps): VNode {
  const isEmpty = frame.state.pulls.length === 0
  return html`<section class="pulls">
    <${LineBand} page=${page} frame=${frame} />
    ${
      isEmpty
        ? html`<${EmptyPulls} page=${page} frame=${frame} />`
        : html`<div class="work">
            <${PullList} page=${page} frame=${frame} />
            <${Detail} page=${page} frame=${frame} />
          </div>`
    }
  </section>`
}
