/** Bugs in lib/transfer, lib/sources and lib/sync, for `mutate.mjs`: the wrong place, lost state, requests that stay open. */
const of = (path) => [`spec/lib/transfer/${path}.spec.ts`]
const sources = (path) => [`spec/lib/sources/${path}.spec.ts`]
const sync = (path) => [`spec/lib/sync/${path}.spec.ts`]

// prettier-ignore
export const mutants = [
  { name: 'slots rise soon after a refusal', file: 'lib/transfer/auto-slots.ts', from: 'now, refusalTime)', to: 'now)', specs: of('auto-slots') },
  { name: 'retry of a copy not reported', file: 'lib/transfer/copy/copy-blob.ts', from: "if (typeof verdict === 'object' && !turn.signal.aborted) reportRetry(task, turn, verdict.retry, error)", to: '', specs: of('copy/copy-blob') },
  { name: 'manifests requested after a failure', file: 'lib/transfer/copy/manifest-nodes.ts', from: '    await readAhead.close()\n', to: '', specs: of('copy/manifest-nodes') },
  { name: 'signature of an SBOM not copied', file: 'lib/transfer/copy/referrer-nodes.ts', from: '        next.push(node.descriptor.digest)\n', to: '', specs: of('copy/referrer-nodes') },
  { name: 'index copied as a referrer', file: 'lib/transfer/copy/referrer-nodes.ts', from: '          continue\n', to: '', specs: of('copy/referrer-nodes') },
  { name: 'one copied referrer too few', file: 'lib/transfer/copy/referrer-nodes.ts', from: 'found.size > maxCopiedReferrers', to: 'found.size >= maxCopiedReferrers', specs: of('copy/referrer-nodes') },
  { name: 'images of an index without referrers', file: 'lib/transfer/copy/referrer-nodes.ts', from: 'digests.add(digest)\n  }', to: 'digests.delete(digest)\n  }', specs: of('copy/referrer-nodes') },
  { name: 'entry never leaves the sink', file: 'lib/transfer/layer-entries.ts', from: '        scope?.leave(work)\n', to: '', specs: of('layer-entries') },
  { name: 'error of a sink wrapped', file: 'lib/transfer/layer-entries.ts', from: 'if (error instanceof WindlassError) throw error\n', to: '', specs: of('layer-entries') },
  { name: 'layer complete during another attempt', file: 'lib/transfer/layer-entries.ts', from: 'this.#layers.set(descriptor, { attempt, complete: false })', to: 'this.#layers.set(descriptor, { attempt, complete: this.#layers.get(descriptor)?.complete ?? false })', specs: of('layer-entries') },
  { name: 'expectations of a flight forgotten', file: 'lib/transfer/sharing/layer-flights.ts', from: '        if (isStillWanted) return\n', to: '', specs: of('sharing/layer-flights') },
  { name: 'place that answers too late left open', file: 'lib/sources/places/fastest-origin.ts', from: '            next.close()\n', to: '', specs: sources('places/fastest-origin') },
  { name: 'place that answers too late never asked again', file: 'lib/sources/places/fastest-origin.ts', from: '            this.#rest.unshift(next.origin)\n', to: '', specs: sources('places/fastest-origin') },
  { name: 'place blamed for an error of this machine', file: 'lib/sources/places/fastest-origin.ts', from: 'if (!concernsPlace(error) || this.#request.signal?.aborted === true) throw error', to: '', specs: sources('places/fastest-origin') },
  { name: 'mirror blamed for a full disk', file: 'lib/sources/places/read-from-places.ts', from: '|| !concernsPlace(failure)) throw failure', to: ') throw failure', specs: sources('places/read-from-places') },
  { name: 'next place asked after a cancellation', file: 'lib/sources/places/read-from-places.ts', from: 'aborted === true || !concernsPlace(failure)', to: 'aborted === null || !concernsPlace(failure)', specs: sources('places/read-from-places') },
  { name: 'source of a registry without referrers', file: 'lib/sources/registry-source.ts', from: '    referrers: (digest, request) => repository.referrers(digest, request),\n', to: '', specs: sources('registry-source') },
  { name: 'part of a blob not asked for', file: 'lib/sources/registry-source.ts', from: 'blob: (descriptor, request) => repository.blob(descriptor, request)', to: 'blob: (descriptor) => repository.blob(descriptor)', specs: sources('registry-source') },
  { name: 'wrong line of a filter', file: 'lib/sync/regsync-list.ts', from: "newest, [...path, 'newest'])", to: "newest, ['newest'])", specs: sync('regsync-list') },
  { name: 'login without a password of text', file: 'lib/sync/skopeo-list.ts', from: " || typeof password !== 'string'", to: '', specs: sync('skopeo-list') },
  { name: 'host without settings', file: 'lib/sync/skopeo-list.ts', from: 'if (certDir === undefined && verify === undefined && credentials === undefined) return undefined\n', to: '', specs: sync('skopeo-list') },
  { name: 'empty value taken', file: 'lib/sync/list-document.ts', from: "    if (value === '') return false\n", to: '', specs: sync('list-document') },
  { name: 'key of every object known', file: 'lib/sync/list-document.ts', from: 'Object.hasOwn(rules, key) ? rules[key] : undefined', to: 'rules[key]', specs: sync('list-document') },
  { name: 'line behind an alias unknown', file: 'lib/sync/list-document.ts', from: '      node = this.#resolved(node)\n', to: '', specs: sync('list-document') },
  { name: 'tags of another prefix', file: 'lib/sync/repository-name.ts', from: '    .filter((name) => name.startsWith(prefix))\n', to: '', specs: sync('repository-name') },
  { name: 'position taken for a repository', file: 'lib/sync/repository-name.ts', from: '    if (named.position !== undefined) throw notRepository(name)\n', to: '', specs: sync('repository-name') },
]
