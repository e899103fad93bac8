/** The bar at the top: views, start form, state of the connection, theme. */
import type { VNode } from 'preact'
import { duration, timeOfDay } from '../facts/numbers.js'
import { html } from '../html.js'
import type { Frame, Link, View } from '../live/frame.js'
import { isDark } from '../live/preferences.js'
import { icon } from '../parts/icon.js'
import type { ViewProps } from '../live/view-props.js'
import { StartForm } from './start-form.js'

const titles: Readonly<Record<View, string>> = { pulls: 'Pulls', images: 'Images', history: 'History' }

const linkWords: Readonly<Record<Link['state'], string>> = {
  connecting: 'Joining',
  connected: 'Live',
  lost: 'Lost',
  refused: 'Refused',
}

export function TopBar({ page, frame }: ViewProps): VNode {
  const { sight, link, state, counts, images } = frame
  const numbers: Partial<Record<View, number | undefined>> = {
    pulls: counts.running + counts.paused,
    images: images?.images.length,
  }
  const tab = (view: View): VNode =>
    html`<a href=${`#${view}`} aria-current=${sight.view === view ? 'page' : undefined}
      >${titles[view]}${numbers[view] === undefined ? null : html` <span>${numbers[view]}</span>`}</a
    >`
  const isEmpty = sight.view === 'pulls' && state.pulls.length === 0 && link.state === 'connected'
  const hasForm = link.state !== 'lost' && link.state !== 'refused'
  return html`<header class="top">
    <a class="mark" href="#pulls"
      ><svg viewBox="0 0 18 18" aria-hidden="true">
        <path class="mark-net" d="M1 3h6M5 7h6M9 11h6" />
        <path class="mark-disk" d="M5 5.6h4M9 9.6h4M13 13.6h4" /></svg
      >Windlass</a
    >
    <nav class="tabs" aria-label="Views">${(['pulls', 'images', 'history'] as const).map(tab)}</nav>
    ${hasForm && !isEmpty && html`<${StartForm} page=${page} server=${state.server} />`}
    ${!hasForm && html`<${LinkNotice} frame=${frame} />`}
    <div class="conn"><i></i><span>${linkWords[link.state]}</span></div>
    <button class="bare keys-button" aria-label="Keys" onClick=${() => page.look({ hasKeysOpen: true })}>
      ?
    </button>
    <button
      class="bare"
      aria-label="Light or dark"
      onClick=${() => page.prefer({ theme: isDark(page.preferences.theme) ? 'light' : 'dark' })}
    >
      ${icon('half')}
    </button>
  </header>`
}

/** Stands in the place of the start form when there is no connection. */
function LinkNotice({ frame }: { readonly frame: Frame }): VNode {
  const { link } = frame
  if (link.state !== 'lost')
    return html`<div class="banner" role="alert">
      <b>Token refused.</b
      ><span>This page’s token is no longer valid. Open the address that serve printed.</span>
    </div>`
  const wait = link.triesAt === undefined ? 0 : Math.max(0, link.triesAt - Date.now()) / 1000
  return html`<div class="banner">
    <b role="alert">No connection.</b>
    <span
      >The pulls go on. Shown is <time>${timeOfDay(link.since)}</time>; tries again ${wait > 0 ? html`in <time>${duration(wait)}</time>` : 'now'}.</span>
    <button onClick=${link.retry}>Try now</button>
  </div>`
}
