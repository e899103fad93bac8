/** Bugs in ui, for `mutate.mjs`: what the page says, counts and places. */
// prettier-ignore
export const mutants = [
  { name: 'words of a layer: stored layer paused', file: 'ui/facts/layer-words.ts', from: "  if (status === 'exists') return 'already here'\n", to: '', specs: ['spec/ui/facts/layer-words.spec.ts'] },
  { name: 'words of a layer: retry in the past', file: 'ui/facts/layer-words.ts', from: 'Math.max(0, retry.at - now)', to: 'retry.at - now', specs: ['spec/ui/facts/layer-words.spec.ts'] },
  { name: 'words of a layer: error layer', file: 'ui/facts/layer-words.ts', from: ' || digest === snapshot.error?.digest', to: '', specs: ['spec/ui/facts/layer-words.spec.ts'] },
  { name: 'words of a layer: stored largest', file: 'ui/facts/layer-words.ts', from: "status !== 'waiting' && lanes.lanes[index]?.isStored === false", to: "status !== 'waiting'", specs: ['spec/ui/facts/layer-words.spec.ts'] },
  { name: 'words of a layer: chosen beyond', file: 'ui/facts/layer-words.ts', from: 'chosen !== undefined && chosen < layers.length', to: 'chosen !== undefined', specs: ['spec/ui/facts/layer-words.spec.ts'] },
  { name: 'line of layers: failed owner', file: 'ui/facts/lines.ts', from: " &&\n  owner.record.state !== 'failed'", to: '', specs: ['spec/ui/facts/lines.spec.ts'] },
  { name: 'line of layers: next owner', file: 'ui/facts/lines.ts', from: 'owners.set(digest, [...before, pull])', to: 'owners.set(digest, before.length > 0 ? before : [pull])', specs: ['spec/ui/facts/lines.spec.ts'] },
  { name: 'line of layers: unknown time', file: 'ui/facts/lines.ts', from: 'left === null || secondsLeft === undefined ? undefined', to: 'left === null ? undefined', specs: ['spec/ui/facts/lines.spec.ts'] },
  { name: 'line of layers: paused waits', file: 'ui/facts/lines.ts', from: "    if (record.state !== 'running') continue\n", to: '', specs: ['spec/ui/facts/lines.spec.ts'] },
  { name: 'pull words: store had', file: 'ui/facts/pull-words.ts', from: 'totals.fetched - (totals.total - totals.toDownload)', to: 'totals.fetched', specs: ['spec/ui/facts/pull-words.spec.ts'] },
  { name: 'pull words: 100', file: 'ui/facts/pull-words.ts', from: "percent(record.progress.fraction, record.state === 'done')", to: 'percent(record.progress.fraction)', specs: ['spec/ui/facts/pull-words.spec.ts'] },
]
