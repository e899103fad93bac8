/** Bugs in server, puller and lib/api, for `mutate.mjs`: what a watcher sees, what pulls of one puller share, and what is left behind. */
// prettier-ignore
export const mutants = [
  { name: 'last event twice after a reconnection', file: 'lib/api/client.ts', from: 'if (event.pull !== id || event.seq <= last) return', to: 'if (event.pull !== id || event.seq < last) return', specs: ['spec/lib/api/client.spec.ts'] },
  { name: 'delay of a reconnection never short again', file: 'lib/api/client.ts', from: "              failures = 0\n", to: '', specs: ['spec/lib/api/client.spec.ts'] },
  { name: 'slot beyond the limit drawn', file: 'lib/api/slots.ts', from: 'last >= most; last--', to: 'last > most; last--', specs: ['spec/lib/api/slots.spec.ts'] },
  { name: 'any limit ends the automatic downloads', file: 'puller/control/live-limits.ts', from: 'if (changes.maxDownloads !== undefined) this.#isAuto = false', to: 'this.#isAuto = false', specs: ['spec/puller/control/live-limits.spec.ts'] },
  { name: 'ended pulls shown to a late subscriber', file: 'puller/pull-set.ts', from: "        this.#active.delete(started)\n", to: '', specs: ['spec/puller/pull-set.spec.ts'] },
  { name: 'timer of a wait left', file: 'puller/within.ts', from: "    clearTimeout(timer)\n", to: "    void timer\n", specs: ['spec/puller/within.spec.ts'] },
  { name: 'content of a pull that has begun released', file: 'puller/running-work.ts', from: 'if (this.#all.size > 0 || this.#stopped) return', to: 'if (this.#stopped) return', specs: ['spec/puller/running-work.spec.ts'] },
  { name: 'state of another watcher sent', file: 'server/pulls/pull-book.ts', from: "const key = `${feed.head} ${pull ?? ''}`", to: 'const key = `${feed.head}`', specs: ['spec/server/pulls/pull-book.spec.ts'] },
  { name: 'watcher that has gone left on the signal', file: 'server/feed/watch-stream.ts', from: "    this.#options.signal.removeEventListener('abort', this.end)\n", to: '', specs: ['spec/server/feed/watch-stream.spec.ts'] },
  { name: 'timer of a wait for a connection left', file: 'lib/api/client.ts', from: "      clearTimeout(timer)\n", to: '', specs: ['spec/lib/api/client.spec.ts'] },
  { name: 'listener of each lost connection left', file: 'lib/api/client.ts', from: "      signal.removeEventListener('abort', now)\n", to: '', specs: ['spec/lib/api/client.spec.ts'] },
  { name: 'stream of messages left open', file: 'lib/api/event-stream.ts', from: "    await reader.cancel().catch(() => undefined)\n", to: "    await Promise.resolve()\n", specs: ['spec/lib/api/event-stream.spec.ts'] },
  { name: 'wait for a thread ended by a pause', file: 'lib/api/lanes.ts', from: "return stage === 'waits' || stage === 'queued' ? spans : closeLast(spans, at)", to: "return stage === 'waits' ? spans : closeLast(spans, at)", specs: ['spec/lib/api/lanes.spec.ts'] },
  { name: 'slots of unpacks not followed', file: 'lib/api/server-state.ts', from: '`${holdsDownload(layer)} ${holdsUnpack(layer)}`', to: '`${holdsDownload(layer)}`', specs: ['spec/lib/api/server-state.spec.ts'] },
  { name: 'blobs of a goal that unpacks nothing discarded', file: 'puller/context.ts', from: 'keepBlobs: keepBlobs || !unpack,', to: 'keepBlobs,', specs: ['spec/puller/context.spec.ts'] },
  { name: 'a write for every line', file: 'server/docker/line-stream.ts', from: 'if (this.#ended || left <= 0) return', to: 'return', specs: ['spec/server/docker/line-stream.spec.ts'] },
  { name: 'end of lines waits', file: 'server/docker/line-stream.ts', from: '    this.#wake()\n    this.#endPause()', to: '    this.#wake()', specs: ['spec/server/docker/line-stream.spec.ts'] },
]
