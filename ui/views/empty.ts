/** The page without pulls: a field, examples, and the same from a terminal. */
import { createRef, type VNode } from 'preact'
import { html } from '../html.js'
import type { ViewProps } from '../live/view-props.js'
import { StartForm } from './start-form.js'

const examples = ['alpine:3.20', 'python:3.13-slim', 'ghcr.io/stefanprodan/podinfo:latest']

const form = createRef<StartForm>()

export function EmptyPulls({ page, frame }: ViewProps): VNode {
  if (frame.link.state !== 'connected' || !frame.state.server) return html`<div class="empty"></div>`
  return html`<div class="empty">
    <h2 data-heading tabindex="-1">Pull an image</h2>
    <p>No daemon, no login for public images. What is interrupted resumes with the next pull.</p>
    <${StartForm} ref=${form} page=${page} server=${frame.state.server} isLarge />
    <p class="try">
      Or try ${examples.map((name) => html`<button key=${name} onClick=${() => form.current?.fill(name)}>${name}</button> `)}
    </p>
    <pre>
From a terminal, shown here all the same:
windlass pull alpine:3.20 --via $XDG_RUNTIME_DIR/windlass.sock</pre>
  </div>`
}
