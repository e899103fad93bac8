/** Checks the order of the events of one pull, as docs/events.md states it. */
import type { LayerEvent, PullEvent } from '../../lib/events/event.js'
import { emptySnapshot, layerStatuses, reduce } from '../../lib/events/index.js'

const ranks = Object.keys(layerStatuses)
/** As `Date.prototype.toISOString` writes a time. */
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const lastStatuses: readonly string[] = ['complete', 'exists', 'copied', 'mounted']

/** One sentence for each rule that the events of a subscriber from the start break. */
export function violationsOf(events: readonly PullEvent[]): readonly string[] {
  return [
    ...numbering(events),
    ...ends(events),
    ...plans(events),
    ...pauses(events),
    ...layers(events),
    ...progress(events),
  ]
}

function numbering(events: readonly PullEvent[]): readonly string[] {
  const [first] = events
  return events.flatMap(({ seq, pull, time }, index) => [
    ...(seq === index + 1 ? [] : [`event ${index + 1} has the number ${seq}`]),
    ...(pull === first?.pull ? [] : [`event ${index + 1} belongs to another pull`]),
    ...(isoTime.test(time) ? [] : [`event ${index + 1} has the time ${time}`]),
  ])
}

function ends(events: readonly PullEvent[]): readonly string[] {
  const types = events.map(({ type }) => type)
  const count = (type: PullEvent['type']): number => types.filter((each) => each === type).length
  const last = events.at(-1)
  const outcome = last?.type === 'end' ? last.outcome : undefined
  const results = count('image') + count('copied')
  return [
    ...(types[0] === 'start' && count('start') === 1 ? [] : ['start is not the first event, once']),
    ...(outcome !== undefined && count('end') === 1 ? [] : ['end is not the last event, once']),
    ...(results === (outcome === 'done' ? 1 : 0)
      ? []
      : [`${results} results before an end that is ${outcome}`]),
    ...(last?.type === 'end' && (outcome === 'done') === (last.error !== undefined)
      ? [`an end that is ${outcome} ${last.error ? 'has' : 'lacks'} an error`]
      : []),
  ]
}

function plans(events: readonly PullEvent[]): readonly string[] {
  const plan = events.findIndex(({ type }) => type === 'plan')
  const layer = events.findIndex(({ type }) => type === 'layer')
  return [
    ...(events.filter(({ type }) => type === 'plan').length <= 1 ? [] : ['there are several plans']),
    ...(layer < 0 || (plan >= 0 && plan < layer) ? [] : ['a layer comes before the plan']),
  ]
}

function pauses(events: readonly PullEvent[]): readonly string[] {
  const types = events.map(({ type }) => type).filter((type) => type === 'paused' || type === 'resumed')
  return types.every((type, index) => type === (index % 2 === 0 ? 'paused' : 'resumed'))
    ? []
    : ['paused and resumed do not take turns']
}

function layers(events: readonly PullEvent[]): readonly string[] {
  const before = new Map<string, LayerEvent>()
  const broken: string[] = []
  for (const event of events) {
    if (event.type !== 'layer') continue
    const last = before.get(event.digest)
    before.set(event.digest, event)
    if (event.current < 0 || event.current > event.total)
      broken.push(`${event.current} of ${event.total} bytes`)
    if (!last) continue
    if (lastStatuses.includes(last.status)) broken.push(`${event.status} comes after ${last.status}`)
    const isBack = ranks.indexOf(event.status) < ranks.indexOf(last.status)
    const mayGoBack = last.status === 'retrying' || last.status === 'restart'
    const goesBack = event.status === 'retrying' || event.status === 'restart'
    if (isBack && !mayGoBack && !goesBack) broken.push(`${event.status} comes after ${last.status}`)
    if (event.status === last.status && event.status !== 'restart' && event.current < last.current)
      broken.push(`the bytes of ${event.status} fall from ${last.current} to ${event.current}`)
  }
  return broken
}

function progress(events: readonly PullEvent[]): readonly string[] {
  let [state, fraction] = [emptySnapshot, 0]
  const broken: string[] = []
  for (const event of events) {
    state = reduce(state, event)
    const next = state.totals?.fraction ?? 0
    if (next < fraction) broken.push(`the fraction falls from ${fraction} to ${next} with ${event.type}`)
    if (next === 1 && state.phase !== 'done')
      broken.push(`the fraction is 1 while the pull is ${state.phase}`)
    fraction = next
  }
  if (state.phase === 'done' && fraction !== 1) broken.push(`the fraction is ${fraction} at the end`)
  return broken
}
