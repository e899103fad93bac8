/** The line of facts about one layer, at the bottom of the window. */
import type { VNode } from 'preact'
import { layerFacts, layerInView, sharerOf, stageWords } from '../facts/layer-words.js'
import { shortName } from '../facts/names.js'
import { digits } from '../facts/numbers.js'
import { nameOf } from '../facts/pull-words.js'
import { Still, html } from '../html.js'
import { copy } from '../live/actions.js'
import type { PullProps } from './detail-head.js'

export function FactsLine({ page, frame, pull }: PullProps): VNode {
  const found = layerInView(pull, frame.sight.layer)
  const layer = found && pull.snapshot.layers[found.index]
  if (!layer) return html`<div class="facts">Choose a lane for its digest, times and host.</div>`
  const names = new Map(frame.state.pulls.map((each) => [each.record.id, shortName(nameOf(each))]))
  const view = {
    ...{ layer, now: pull.lanes.endedAt ?? frame.now, lane: pull.lanes.lanes[found.index] },
    isPaused: pull.record.state === 'paused',
    sharedWith: sharerOf(frame.shared.get(pull.record.id), layer.digest, names),
  }
  const facts = layerFacts(view)
  const why = { chosen: '', trouble: ' (in trouble)', largest: ' (largest)' }[found.why]
  const stage = stageWords(view)
  // Another subject, or a fact of another length, is a new line: its parts do not move.
  const key = `${layer.digest} ${layer.status} ${facts.map(({ length }) => length).join(' ')}`
  return html`<${Still} key=${key} signature=${[why, stage, ...facts].join(' ')} draw=${() => html`<div class="facts">
    <span><b>Layer ${found.index + 1}</b>${why}</span>
    <button class="m link" title="Copy the digest" onClick=${() => void copy(page, layer.digest, 'The digest is copied.')}>sha256:${digits(layer.digest)}</button>
    ${facts.map((fact, index) => html`<span key=${index}>${fact}</span>`)}
    <span><b>${stage}</b></span>
  </div>`} />`
}
