/** Bugs in lib/events, for `mutate.mjs`: the order of events, their pace, and what a late listener hears. */
const log = ['spec/lib/events/pull-event-log.spec.ts']
const snapshot = ['spec/lib/events/snapshot.spec.ts']
const lines = ['spec/lib/events/lines.spec.ts']

// prettier-ignore
export const mutants = [
  { name: 'layer goes on after it is complete', file: 'lib/events/layer-order.ts', from: "if (finalStatuses.has(before.status) && next.status !== 'restart') return undefined", to: "", specs: log },
  { name: 'status goes back', file: 'lib/events/layer-order.ts', from: 'if (isEarlier && !interruptions.has(next.status) && !interruptions.has(before.status)) return undefined', to: '', specs: log },
  { name: 'unpacking told while bytes come', file: 'lib/events/layer-order.ts', from: "return before.status === 'downloading' ? withUnpacked(before, next.current) : undefined", to: 'return next', specs: log },
  { name: 'count falls without a restart', file: 'lib/events/layer-order.ts', from: 'return Math.max(fetchedOf(before), next.current)', to: 'return next.current', specs: log },
  { name: 'host of a layer forgotten', file: 'lib/events/layer-order.ts', from: "next.host ?? (before.status === 'restart' ? undefined : before.host)", to: 'next.host', specs: log },
  { name: 'start told twice', file: 'lib/events/pull-event-log.ts', from: " || (body.type === 'start' && this.#started)", to: '', specs: log },
  { name: 'event after the end', file: 'lib/events/pull-event-log.ts', from: 'this.#ended || (body', to: '(body', specs: log },
  { name: 'held count lost at the end', file: 'lib/events/pull-event-log.ts', from: 'for (const throttle of this.#throttles.values()) this.#reportUnreported(throttle)', to: '', specs: log },
  { name: 'held count told after a newer one', file: 'lib/events/pull-event-log.ts', from: "if (sameAsReported) delete throttle.unreported", to: "", specs: log },
  { name: 'held count lost at a change', file: 'lib/events/pull-event-log.ts', from: "if (sameAsReported) delete throttle.unreported", to: "delete throttle.unreported", specs: log },
  { name: 'every count told', file: 'lib/events/pull-event-log.ts', from: "if (isCount && sameAsReported &&", to: "if (isCount && !sameAsReported && sameAsReported && ", specs: log },
  { name: 'interval of counts one millisecond longer', file: 'lib/events/pull-event-log.ts', from: '< byteEventInterval', to: '<= byteEventInterval', specs: log },
  { name: 'clock that goes back silences a layer', file: 'lib/events/pull-event-log.ts', from: "Math.abs(at - throttle.reportedAt)", to: "(at - throttle.reportedAt)", specs: log },
  { name: 'event of a listener overtakes the others', file: 'lib/events/pull-event-log.ts', from: 'if (this.#draining) return', to: '', specs: log },
  { name: 'late listener hears nothing of before', file: 'lib/events/pull-event-log.ts', from: 'for (const event of this.#replay.events()) subscriber.next(event)', to: '', specs: log },
  { name: 'late listener never hears the end', file: 'lib/events/pull-event-log.ts', from: 'if (this.#ended) subscriber.complete()\n    else {', to: '{', specs: log },
  { name: 'listener that left stays', file: 'lib/events/pull-event-log.ts', from: 'subscriber.add(() => this.#listeners.delete(subscriber))', to: '', specs: log },
  { name: 'failure of a listener told each time', file: 'lib/events/pull-event-log.ts', from: "if (this.#failureReported) return", to: "", specs: log },
  { name: 'cancelled called failed', file: 'lib/events/pull-event-log.ts', from: "failure.code === 'CANCELLED' ? 'cancelled' : 'failed'", to: "'failed'", specs: log },
  { name: 'numbers of events with a gap', file: 'lib/events/pull-event-log.ts', from: 'seq: ++this.#seq', to: 'seq: (this.#seq += 2)', specs: log },
  { name: 'replay in the order of the first', file: 'lib/events/replay.ts', from: 'this.#kept.delete(key)', to: '', specs: log },
  { name: 'one warning replayed', file: 'lib/events/replay.ts', from: "    case 'warning':\n", to: '', specs: log },
  { name: 'every count replayed', file: 'lib/events/replay.ts', from: 'return `layer ${event.digest}`', to: 'return `layer ${event.seq}`', specs: log },
  { name: 'phase goes back', file: 'lib/events/snapshot.ts', from: 'phases.indexOf(next) > phases.indexOf(phase) ? next : phase', to: 'next', specs: snapshot },
  { name: 'total not counted with a layer', file: 'lib/events/snapshot.ts', from: 'layers, totals: totalsAfter(totals, layers), pace', to: 'layers, totals, pace', specs: snapshot },
  { name: 'layer said before the plan forgotten', file: 'lib/events/snapshot-layers.ts', from: "reported.get(plan.digest) ?? initialLayer(plan)", to: "initialLayer(plan)", specs: snapshot },
  { name: 'layer that the plan does not list forgotten', file: 'lib/events/snapshot-layers.ts', from: ', ...known.filter(({ digest }) => !layers.has(digest))]', to: ']', specs: snapshot },
  { name: 'retry of a layer kept', file: 'lib/events/snapshot-layers.ts', from: "...(status === 'retrying' && { retry })", to: '...{ retry }', specs: snapshot },
  { name: 'existing layer counted as missing', file: 'lib/events/snapshot-layers.ts', from: "const present = action === 'exists' ? size : offset", to: "const present = offset", specs: snapshot },
  { name: 'line of another version read', file: 'lib/events/event.ts', from: 'version: t.literal(eventVersion)', to: 'version: t.number', specs: lines },
  { name: 'line that is no JSON with another code', file: 'lib/events/lines.ts', from: "new WindlassError('PROTOCOL', 'Reading an event: the line is not JSON'", to: "new WindlassError('INTERNAL', 'Reading an event: the line is not JSON'", specs: lines },
  { name: 'layer listed twice counted twice', file: 'lib/events/snapshot-totals.ts', from: 'sum([...new Set(missing)],', to: 'sum(missing,', specs: ['spec/lib/events/snapshot.spec.ts'] },
  { name: 'layer that is started over still complete', file: 'lib/events/layer-order.ts', from: "finalStatuses.has(before.status) && next.status !== 'restart'", to: 'finalStatuses.has(before.status)', specs: ['spec/lib/events/layer-order.spec.ts'] },
  { name: 'copied layer goes on', file: 'lib/events/layer-order.ts', from: "new Set(['complete', 'exists', 'copied', 'mounted'])", to: "new Set(['complete', 'exists', 'mounted'])", specs: ['spec/lib/events/layer-order.spec.ts'] },
  { name: 'layer that exists said to be pulled', file: 'lib/events/docker-lines.ts', from: "        if (layer.last === 'Already exists') return []\n", to: '', specs: ['spec/lib/events/docker-lines.spec.ts'] },
]
