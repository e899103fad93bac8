/** Deliberate bugs of lib/stages, lib/transfer, lib/sources, lib/sinks and pipelines: in which file which text, there once, becomes which, and which specs must notice. */
const flights = ['spec/lib/transfer/sharing/layer-flights.spec.ts']
const identity = ['spec/lib/transfer/sharing/source-identity.spec.ts']
const goal = ['spec/lib/transfer/sharing/layer-goal.spec.ts']
const receive = ['spec/lib/transfer/receive.spec.ts']
const receiveForeign = ['spec/lib/transfer/receive-from.spec.ts']
const foreignLayers = ['spec/pulls/foreign-layers.spec.ts']
const placeList = ['spec/lib/transfer/places/place-list.spec.ts']
const placesOf = ['spec/lib/transfer/places/places-of.spec.ts']
const retryPolicy = ['spec/lib/transfer/retry-policy.spec.ts']
const source = ['spec/lib/sources/layout-source.spec.ts']
const verify = ['spec/lib/stages/layers/verify.spec.ts']
const unpack = ['spec/lib/stages/layers/unpack.spec.ts']
const sizeSchema1 = ['spec/lib/stages/schema1/size-schema1.spec.ts']
const reserve = ['spec/lib/stages/layers/reserve.spec.ts']
const keepBlob = ['spec/lib/transfer/stored/keep-blob.spec.ts']
const blobContent = ['spec/lib/transfer/stored/blob-content.spec.ts']
const eachLayer = ['spec/lib/stages/layers/each-layer.spec.ts']
const holdImage = ['spec/lib/stages/plan/hold-image.spec.ts']
const fetchConfig = ['spec/lib/stages/plan/fetch-config.spec.ts']
const plan = ['spec/lib/stages/plan/plan.spec.ts']
const imageBytes = ['spec/lib/stages/policy/image-bytes.spec.ts']
const imagesOfIndex = ['spec/lib/stages/resolve/images-of-index.spec.ts']
const assemble = ['spec/lib/stages/commit/assemble.spec.ts']
const mesosCommit = ['spec/stores/mesos-commit.spec.ts']
const mesosStore = ['spec/stores/mesos-store.spec.ts']
const imageStore = ['spec/stores/image-store.spec.ts']
const allPlatforms = ['spec/pipelines/all-platforms.spec.ts']
const eachPull = ['spec/pipelines/each-pull.spec.ts']
const runForResult = ['spec/pipelines/run-for-result.spec.ts']
const remove = ['spec/pipelines/remove.spec.ts']
const storedImage = ['spec/pipelines/stored-image.spec.ts']
const storedImages = ['spec/pipelines/stored-images.spec.ts']
const verifyStore = ['spec/pipelines/check/verify.spec.ts']

// prettier-ignore
export const mutants = [
  { name: "another repository's bad blob fails everyone", file: 'lib/transfer/sharing/layer-flights.ts', from: "  'DIGEST_MISMATCH',\n", to: '', specs: flights },
  { name: "another repository's size fails everyone", file: 'lib/transfer/sharing/layer-flights.ts', from: "  'SIZE_MISMATCH',\n", to: '', specs: flights },
  { name: "another registry's odd answer fails everyone", file: 'lib/transfer/sharing/layer-flights.ts', from: "  'REGISTRY_RESPONSE',\n", to: '', specs: flights },
  { name: "another registry's challenge fails everyone", file: 'lib/transfer/sharing/layer-flights.ts', from: "  'CHALLENGE_INVALID',\n", to: '', specs: flights },
  { name: 'failure of the own way tried again', file: 'lib/transfer/sharing/layer-flights.ts', from: "error.requestKey === requestKey || !isRequestSpecific(error.reason)", to: "!isRequestSpecific(error.reason)", specs: flights },
  { name: 'failure of any way tried by each', file: 'lib/transfer/sharing/layer-flights.ts', from: "error.requestKey === requestKey || !isRequestSpecific(error.reason)", to: "error.requestKey === requestKey", specs: flights },
  { name: 'layer of other URLs goes the same way', file: 'lib/transfer/sharing/layer-flights.ts', from: 'JSON.stringify([source.repository, size, urls])', to: 'JSON.stringify([source.repository, size])', specs: flights },
  { name: 'who left a flight still expects', file: 'lib/transfer/sharing/layer-flights.ts', from: "        removeExpectation()\n", to: '', specs: flights },
  { name: 'last words of a flight that is over told', file: 'lib/transfer/sharing/layer-flights.ts', from: 'if (this.#replays.get(key) === replay) this.#replays.delete(key)', to: '', specs: flights },
  { name: 'one warning more kept for late joiners', file: 'lib/transfer/sharing/layer-replay.ts', from: 'this.#warnings.length < maxWarnings', to: 'this.#warnings.length <= maxWarnings', specs: flights },
  { name: 'expectation of another algorithm not preferred', file: 'lib/transfer/sharing/expectations.ts', from: 'errors.find((error) => error instanceof OtherAlgorithm) ?? errors[0]', to: 'errors[0]', specs: flights },
  { name: 'algorithm of who left still known', file: 'lib/transfer/sharing/expectations.ts', from: "      this.#known.delete(waiter)\n", to: "", specs: flights },
  { name: 'who leaves is waited for', file: 'lib/transfer/sharing/expectations.ts', from: "      this.#known.delete(waiter)\n      this.#notifyChanged()\n", to: "      this.#known.delete(waiter)\n", specs: flights },
  { name: 'any content expected', file: 'lib/transfer/sharing/expectations.ts', from: 'expected === undefined || expected === actual', to: 'expected === undefined || expected !== undefined', specs: flights },
  { name: 'look for an identity not given up', file: 'lib/transfer/sharing/source-identity.ts', from: "      controller.abort()\n", to: '', specs: identity },
  { name: 'end of a look for an identity not waited for', file: 'lib/transfer/sharing/source-identity.ts', from: "      if (settled) return\n", to: "      if (!settled) return controller.abort()\n", specs: identity },
  { name: 'layer that keeps its blob shared with one that does not', file: 'lib/transfer/sharing/layer-goal.ts', from: "${keepBlobs ? '+blob' : ''}", to: '', specs: goal },
  { name: 'layer that is brought anew shared with one that is here', file: 'lib/transfer/sharing/layer-goal.ts', from: "${refresh ? '+refresh' : ''}", to: '', specs: goal },
  { name: 'layer in one form shared with one in another', file: 'lib/transfer/sharing/layer-goal.ts', from: "${unpack ? form : ''}", to: "${unpack ? 'unpack' : ''}", specs: goal },

  { name: 'all bytes of an earlier run believed', file: 'lib/transfer/receive.ts', from: 'if (file.state.length === size && size > 0 && !isWhole(layer)) await startOver(layer, turn)', to: '', specs: receive },
  { name: 'body from another offset appended', file: 'lib/transfer/receive.ts', from: 'if (body.offset !== length) await startOver(layer, turn, host)', to: '', specs: receive },
  { name: 'body of another size read', file: 'lib/transfer/receive.ts', from: 'body.size !== undefined && body.size !== size', to: 'body.size === null', specs: receive },
  { name: 'body left open', file: 'lib/transfer/receive.ts', from: "    stream.destroy()\n", to: '', specs: receive },
  { name: 'meter of a body left running', file: 'lib/transfer/receive.ts', from: "    meter.stop()\n", to: '', specs: receive },
  { name: 'body that is longer taken', file: 'lib/transfer/receive.ts', from: 'if (file.state.length < size || isMismatch(error) || turn.signal.aborted) throw error', to: 'if (file.state.length < size || turn.signal.aborted) throw error', specs: receive },
  { name: 'body whose end did not come refused', file: 'lib/transfer/receive.ts', from: 'if (file.state.length < size || isMismatch(error) || turn.signal.aborted) throw error', to: 'throw error', specs: receive },
  { name: 'pieces that do not fit found only at the end', file: 'lib/transfer/receive.ts', from: 'if (isResumed()) file.verify()', to: '', specs: receive },
  { name: 'pieces that do not fit kept', file: 'lib/transfer/receive.ts', from: "    await startOver(layer, turn)\n    const { code", to: "    const { code", specs: receive },
  { name: 'validator not sent', file: 'lib/transfer/receive.ts', from: '...(validator !== undefined && { validator })', to: '...(validator === null && { validator })', specs: receive },
  { name: 'journal keeps who sent the bytes before', file: 'lib/transfer/receive.ts', from: "partial.expectedSize === undefined || partial.from !== from ||", to: 'partial.expectedSize === undefined ||', specs: receive },
  { name: 'foreign URL that never helps asked again', file: 'lib/transfer/receive-from.ts', from: 'if (place.isMirror || !failure.retryable) list.drop(place)', to: '', specs: receiveForeign },
  { name: 'foreign URL that may help not asked again', file: 'lib/transfer/receive-from.ts', from: 'if (place.isMirror || !failure.retryable) list.drop(place)', to: 'list.drop(place)', specs: receiveForeign },
  { name: 'wrong bytes of one URL kept for the next', file: 'lib/transfer/receive-from.ts', from: "    await startOver(layer, turn)\n", to: '', specs: receiveForeign },
  { name: 'wrong bytes of one URL end the search', file: 'lib/image/place-failure.ts', from: "error.code === 'LIMIT_EXCEEDED' ||\n    isMismatch(error))", to: "error.code === 'LIMIT_EXCEEDED')", specs: receiveForeign },
  { name: 'query of a foreign URL shown', file: 'lib/transfer/places/places-of.ts', from: "url.replace(/[?#].*$/s, '').replace", to: 'url.replace', specs: placesOf },
  { name: 'all URLs must be worth another attempt', file: 'lib/transfer/receive-from.ts', from: 'failures.some(({ retryable }) => retryable)', to: 'failures.every(({ retryable }) => retryable)', specs: receiveForeign },
  { name: 'wrong bytes told as a missing blob', file: 'lib/transfer/receive-from.ts', from: 'failures.find(isMismatch)?.code ?? refusals[0]?.code', to: 'refusals[0]?.code', specs: receiveForeign },
  { name: 'URLs without end tried', file: 'lib/transfer/places/places-of.ts', from: "ordered.slice(0, maxUrls)", to: "ordered.slice(0)", specs: placesOf },
  { name: 'foreign URLs in the other order', file: 'lib/transfer/places/places-of.ts', from: "order === 'last-first' ? [...urls].reverse() : urls", to: "order !== 'last-first' ? [...urls].reverse() : urls", specs: placesOf },
  { name: 'exactly enough progress is none', file: 'lib/transfer/places/place-list.ts', from: 'length - this.#lengthAtReset < progress', to: 'length - this.#lengthAtReset <= progress', specs: placeList },
  { name: 'one attempt too many', file: 'lib/transfer/retry-policy.ts', from: 'attempt >= attempts', to: 'attempt > attempts', specs: retryPolicy },
  { name: 'longest Retry-After not waited for', file: 'lib/transfer/retry-policy.ts', from: 'retryAfter > longestRetryAfter', to: 'retryAfter >= longestRetryAfter', specs: retryPolicy },
  { name: 'chance asked twice for one failure', file: 'lib/transfer/retry-policy.ts', from: "    decided.set(error, { attempt, verdict })\n", to: '', specs: retryPolicy },
  { name: 'layer told of with each attempt', file: 'lib/transfer/transfer.ts', from: 'if (!history.emitted) {', to: 'if (turn.attempt > 0) {', specs: ['spec/pulls/retries.spec.ts'] },
  { name: 'registry left before its last word', file: 'lib/transfer/transfer.ts', from: "!concernsPlace(error) || !isFinal(error)", to: "!concernsPlace(error)", specs: foreignLayers },

  { name: 'manifest of the size that is allowed refused', file: 'lib/sources/local/local-source.ts', from: 'blob.size > maxBytes', to: 'blob.size >= maxBytes', specs: source },
  { name: 'link at the blobs of a layout followed', file: 'lib/sources/layout-source.ts', from: 'for (const each of [path.dirname(directory), directory])', to: 'for (const each of [directory])', specs: source },
  { name: 'one of several images chosen', file: 'lib/sources/layout/layout-entries.ts', from: 'usable.every(({ digest }) => digest === first.digest)', to: 'usable.length > 0', specs: source },
  { name: 'manifest of a layout left open', file: 'lib/sources/local/local-source.ts', from: 'if (!keepOpen) closeSync(fd)', to: '', specs: source },
  { name: 'blob of a layout left open', file: 'lib/sources/local/local-source.ts', from: "    blob.close()\n    return blob.size", to: '    return blob.size', specs: source },
  { name: 'blob of a layout read from its start', file: 'lib/bytes/file-range.ts', from: 'start: start + offset,', to: 'start,', specs: source },
  { name: 'one image more listed', file: 'lib/sources/layout/layout-entries.ts', from: '.slice(0, maxListed)', to: '.slice(0, maxListed + 1)', specs: source },
  { name: 'missing oci-layout refused', file: 'lib/sources/layout-source.ts', from: "failure.reason !== 'missing'", to: "failure.reason === 'missing'", specs: source },

  { name: 'partial discarded before its readers are told', file: 'lib/stages/layers/verify.ts', from: '    file.fail(error)', to: "    await partial.discard()\n    file.fail(error)", specs: verify },
  { name: 'wrong bytes kept to be resumed', file: 'lib/stages/layers/verify.ts', from: '    await partial.discard()', to: '', specs: verify },
  { name: 'wrong bytes verified', file: 'lib/stages/layers/verify.ts', from: "    file.verify()\n", to: '', specs: verify },
  { name: 'bytes of a download that began anew believed', file: 'lib/stages/layers/unpack.ts', from: 'if (state?.generation !== generation) throw new DownloadRestarted(digest)', to: '', specs: unpack },
  { name: 'unpacked before it is verified', file: 'lib/stages/layers/unpack.ts', from: "    await waitVerified()\n    return unpacked", to: "    return unpacked", specs: unpack },
  { name: 'wrong bytes told as an invalid layer', file: 'lib/stages/layers/unpack.ts', from: "if (isContentError(error)) await waitVerified()", to: "", specs: unpack },
  { name: 'staged tree of a failed layer left', file: 'lib/stages/layers/unpack.ts', from: "      await staged?.discard()\n      if (error instanceof DownloadRestarted) continue", to: '      if (error instanceof DownloadRestarted) continue', specs: unpack },
  { name: 'bytes of an invalid layer kept to be resumed', file: 'lib/stages/layers/unpack.ts', from: 'if (error instanceof WindlassError && error.exitCode === 5) await layer.arriving?.partial.discard()', to: '', specs: unpack },
  { name: 'bytes thrown away for a full disk', file: 'lib/stages/layers/unpack.ts', from: 'if (error instanceof WindlassError && error.exitCode === 5) await', to: 'await', specs: unpack },
  { name: 'same algorithm computed for ever', file: 'lib/stages/layers/unpack.ts', from: 'error instanceof OtherAlgorithm && !computed.has(error.algorithm)', to: 'error instanceof OtherAlgorithm && computed.size < 5', specs: unpack },
  { name: 'layer that still comes unpacked first', file: 'lib/stages/layers/unpack.ts', from: "isReady: () => arriving?.file.state.phase !== 'growing'", to: "isReady: () => arriving?.file.state.phase === 'growing'", specs: unpack },
  { name: 'unpacking waits in a thread for the first bytes', file: 'lib/stages/layers/unpack.ts', from: "length > 0 || phase !== 'growing'", to: "length >= 0 || phase !== 'growing'", specs: unpack },
  { name: 'corrupt blob of the store unpacked', file: 'lib/stages/layers/unpack.ts', from: ': { expected: { digest, size } })', to: ': {})', specs: unpack },
  { name: 'blob adopted before it is on the disk', file: 'lib/transfer/stored/keep-blob.ts', from: "  await arriving.file.sync()\n", to: '', specs: keepBlob },
  { name: 'blob that another process brought fetched again', file: 'lib/stages/layers/reserve.ts', from: "if (!refresh && (await store.blobs.has(digest, size))) return stored\n      const file", to: 'const file', specs: reserve },
  { name: 'lock of a download kept', file: 'lib/stages/layers/reserve.ts', from: 'partial.release(), `the lock', to: 'Promise.resolve(), `the lock', specs: reserve },
  { name: 'file of a download left open', file: 'lib/stages/layers/reserve.ts', from: 'file.close(), `the file', to: 'Promise.resolve(), `the file', specs: reserve },
  { name: 'different diffIDs of one layer taken', file: 'lib/stages/layers/each-layer.ts', from: '|| others.some((each) => each !== first)', to: '', specs: eachLayer },
  { name: 'layer brought for nothing again', file: 'lib/stages/layers/ensure-layer.ts', from: 'if (goal.refresh) return undefined', to: '', specs: mesosStore },
  { name: 'layer here that the config does not say', file: 'lib/stages/layers/ensure-layer.ts', from: 'throw diffIDMismatch(task.descriptor.digest, expected, stored.diffID)', to: 'return of({ task, stored })', specs: ['spec/lib/stages/layers/ensure-layer.spec.ts'] },
  { name: 'layer shared between users of a registry', file: 'lib/stages/layers/ensure-layer.ts', from: '`${identity} ${descriptor.digest} ${goalKey(goal)}`', to: '`${identity.length >= 0} ${descriptor.digest} ${goalKey(goal)}`', specs: identity },
  { name: 'corrupt blob gives a diffID', file: 'lib/transfer/stored/blob-content.ts', from: "  verifier.check()\n", to: '', specs: blobContent },
  { name: 'layer of the size that is allowed not computed', file: 'lib/transfer/stored/blob-content.ts', from: "decompressedBytes > layerBytes", to: "decompressedBytes >= layerBytes", specs: blobContent },
  { name: 'blob dropped before its layer is committed kept', file: 'lib/stages/commit/commit-layer.ts', from: 'if (!goal.keepBlobs) await arriving?.partial.discard()', to: '', specs: mesosCommit },
  { name: 'image named whose layer went away', file: 'lib/stages/commit/commit-image.ts', from: 'await assertPresent(image, store)', to: '', specs: imageStore },
  { name: 'corrupt config not replaced', file: 'lib/stages/commit/commit-image.ts', from: 'await store.blobs.put(document.manifest.config.digest, config.bytes)', to: '', specs: mesosStore },
  { name: 'indexes on the way not stored', file: 'lib/stages/commit/commit-image.ts', from: 'for (const { descriptor, bytes } of [document, ...parentIndexes]) yield', to: 'for (const { descriptor, bytes } of [document]) yield', specs: ['spec/stores/collect.spec.ts'] },
  { name: 'tree put over what is there', file: 'lib/stages/commit/assemble.ts', from: "if (names.length > 0) throw unusableTarget(target, 'the directory is not empty')", to: '', specs: assemble },
  { name: 'unfinished tree left beside', file: 'lib/stages/commit/assemble.ts', from: "turn.scope.defer(release,", to: "turn.scope.defer(() => Promise.resolve(),", specs: assemble },
  { name: 'layers put together without the diffID', file: 'lib/stages/commit/assemble.ts', from: 'expected: { digest, size, diffID } }', to: 'expected: { digest, size } }', specs: assemble },
  { name: 'directories that a layer implies forgotten', file: 'lib/stages/commit/assemble.ts', from: 'implied: stored?.implied', to: 'implied: undefined', specs: ['spec/pulls/implied-directories.spec.ts'] },
  { name: 'corrupt config fails the pull', file: 'lib/stages/plan/fetch-config.ts', from: "error.code === 'STORE_CORRUPT'", to: "error.code === 'STORE_IO'", specs: mesosStore },
  { name: 'request for a config not waited for', file: 'lib/stages/plan/fetch-config.ts', from: 'turn.defer(() => fetched)', to: '', specs: fetchConfig },
  { name: 'hold not waited for', file: 'lib/stages/plan/hold-image.ts', from: 'await store.holdUntil(', to: 'void store.holdUntil(', specs: holdImage },
  { name: 'layers not held', file: 'lib/stages/plan/hold-image.ts', from: '    ...layers.map(({ digest }) => digest),\n', to: '', specs: holdImage },
  { name: 'indexes on the way not held', file: 'lib/stages/plan/hold-image.ts', from: '[document, ...parentIndexes].map(', to: '[document].map(', specs: holdImage },
  { name: 'config not held', file: 'lib/stages/plan/hold-image.ts', from: '[image.descriptor.digest, image.manifest.config.digest]', to: '[image.descriptor.digest]', specs: holdImage },
  { name: 'image without its config up to date', file: 'lib/stages/plan/plan.ts', from: '(await store.blobs.has(image.manifest.config.digest)) &&', to: '', specs: plan },
  { name: 'corrupt name up to date', file: 'lib/stages/plan/plan.ts', from: '!(await store.names.isCorrupt(named?.name ?? request.name))', to: 'true', specs: plan },
  { name: 'more here than the layer has', file: 'lib/stages/plan/plan.ts', from: 'offset: Math.min(offset, size)', to: 'offset', specs: plan },
  { name: 'layer that stands twice planned twice', file: 'lib/stages/plan/plan.ts', from: 'if (known) known.positions.push(at)', to: 'if (known && at < 0) known.positions.push(at)', specs: mesosCommit },
  { name: 'image as large as allowed refused', file: 'lib/stages/policy/image-bytes.ts', from: 'bytes <= allowed', to: 'bytes < allowed', specs: imageBytes },
  { name: 'only the last layer of an image counted', file: 'lib/stages/policy/image-bytes.ts', from: 'bytes += layer.stored?.size ?? 0', to: 'bytes = layer.stored?.size ?? 0', specs: imageBytes },
  { name: 'index one too deep walked', file: 'lib/stages/resolve/images-of-index.ts', from: 'limits: { indexDepth, documents', to: 'limits: { indexDepth: indexDepth + 1, documents', specs: imagesOfIndex },
  { name: 'indexes of any size walked', file: 'lib/stages/resolve/images-of-index.ts', from: 'bytes: content.bytes.length, ', to: '', specs: imagesOfIndex },
  { name: 'index that leads back to itself walked', file: 'lib/stages/resolve/images-of-index.ts', from: 'link.descriptor.digest === digest))', to: "link.descriptor.digest === ''))", specs: imagesOfIndex },
  { name: 'entry that is no image pulled', file: 'lib/stages/resolve/images-of-index.ts', from: 'if (!isImageOrIndexEntry(descriptor, platform)) {', to: 'if (!isImageOrIndexEntry(descriptor, platform) && !digest) {', specs: imagesOfIndex },
  { name: 'index without images pulled', file: 'lib/stages/resolve/images-of-index.ts', from: "root.kind === 'index' && images.length === 0", to: "root.kind === 'index' && images.length < 0", specs: imagesOfIndex },
  { name: 'config of another digest taken', file: 'lib/transfer/documents/config-bytes.ts', from: "  verifier.check()\n", to: '', specs: ['spec/lib/transfer/documents/config-bytes.spec.ts'] },
  { name: 'configs without end read for their platform', file: 'lib/stages/resolve/read-missing-platforms.ts', from: 'withoutPlatform.slice(0, maxConfigsRead)', to: 'withoutPlatform', specs: ['spec/lib/stages/resolve/read-missing-platforms.spec.ts'] },
  { name: 'sizes of all layers asked for at once', file: 'lib/stages/schema1/size-schema1.ts', from: "name: 'size-layer', slots,", to: "name: 'size-layer', slots: 9,", specs: sizeSchema1 },
  { name: 'size asked for of a blob that is here', file: 'lib/stages/schema1/size-schema1.ts', from: 'if (await store.blobs.has(digest)) return', to: 'if (digest === undefined) return', specs: sizeSchema1 },
  { name: 'size asked for that is known', file: 'lib/stages/schema1/size-schema1.ts', from: 'knownSizes.get(digest) ?? ', to: '', specs: sizeSchema1 },
  { name: 'size of a layer that stands twice asked for twice', file: 'lib/stages/schema1/size-schema1.ts', from: 'new Set(image.resolved.document.image.layers.map(({ digest }) => digest))', to: 'image.resolved.document.image.layers.map(({ digest }) => digest)', specs: sizeSchema1 },
  { name: 'size not asked for again', file: 'lib/stages/schema1/size-schema1.ts', from: ', supervise: retryingTransfers(retry)', to: '', specs: sizeSchema1 },
  { name: 'conversion of another manifest taken', file: 'lib/transfer/stored/stored-conversion.ts', from: 'if (descriptor?.annotations?.[schema1Annotation] !== schema1) return undefined', to: 'if (!descriptor) return undefined', specs: ['spec/lib/transfer/stored/stored-conversion.spec.ts'] },

  { name: 'index of all platforms not stored', file: 'pipelines/all-platforms.ts', from: 'for (const { descriptor, bytes } of indexes) await store.blobs.put(descriptor.digest, bytes)', to: '', specs: allPlatforms },
  { name: 'one image up to date is all', file: 'pipelines/all-platforms.ts', from: "images.every((each) => each.status === 'up-to-date')", to: "images.some((each) => each.status === 'up-to-date')", specs: allPlatforms },
  { name: 'end of a pull not waited for', file: 'pipelines/each-pull.ts', from: "        await pull.closed()\n", to: '', specs: eachPull },
  { name: 'listener of a pull left behind', file: 'pipelines/each-pull.ts', from: "        signal.removeEventListener('abort', cancel)\n", to: '', specs: eachPull },
  { name: 'pull that was ended counted as failed', file: 'pipelines/each-pull.ts', from: 'if (signal.aborted) throw error', to: '', specs: eachPull },
  { name: 'pull not ended with the others', file: 'pipelines/each-pull.ts', from: "      signal.addEventListener('abort', cancel, { once: true })\n", to: '', specs: eachPull },
  { name: 'listener of some work left behind', file: 'pipelines/run-for-result.ts', from: "    signal?.removeEventListener('abort', cancel)\n", to: '', specs: runForResult },
  { name: 'work begun that was cancelled before', file: 'pipelines/run-for-result.ts', from: 'if (signal?.aborted) cancel()', to: '', specs: runForResult },
  { name: 'image removed twice', file: 'pipelines/remove.ts', from: 'entries.filter(({ key }) => !this.#removedKeys.has(key))', to: "entries.filter(({ key }) => key !== '')", specs: remove },
  { name: 'platform of an image that is listed twice lost', file: 'pipelines/stored-images.ts', from: "    key: ({ descriptor }) => JSON.stringify(descriptor),\n", to: '', specs: storedImages },
  { name: 'index that stands too deep read', file: 'pipelines/stored-images.ts', from: 'depth < maxIndexDepth', to: 'depth <= maxIndexDepth', specs: storedImages },
  { name: 'image of an index that is not here listed', file: 'pipelines/stored-images.ts', from: 'isImageOrIndexEntry(descriptor) && blobs.has(descriptor.digest)', to: 'isImageOrIndexEntry(descriptor) || blobs.has(descriptor.digest)', specs: storedImages },
  { name: 'layers of a stored image not held', file: 'pipelines/stored-image.ts', from: 'await store.hold(imageId, ...manifest.layers.map(({ digest }) => digest))', to: 'await store.hold(imageId)', specs: storedImage },
  { name: 'stored image without one of its layers', file: 'pipelines/stored-image.ts', from: 'if (rootfs === undefined && !(await store.blobs.has(digest, size))) return undefined', to: '', specs: storedImage },
  { name: 'stored image without its config', file: 'pipelines/stored-image.ts', from: 'if (!(await store.blobs.has(imageId))) return undefined', to: '', specs: storedImage },
  { name: 'name resolved to another digest', file: 'pipelines/resolve.ts', from: 'expected !== undefined && digest !== expected', to: 'expected !== undefined && digest === undefined', specs: ['spec/pipelines/resolve.spec.ts'] },
  { name: 'failed tag ends the others', file: 'pipelines/all-tags.ts', from: 'if (failFast) throw error', to: 'if (!failFast) throw error', specs: ['spec/pipelines/all-tags.spec.ts'] },
  { name: 'problem of a name that moved told', file: 'pipelines/check/verify.ts', from: "if (found.state !== 'whole' && !(await parts.isCurrent())) return false", to: '', specs: verifyStore },
  { name: 'whole blob under a wrong name thrown away', file: 'pipelines/check/verify.ts', from: 'if (actual && !(await this.#store.blobs.has(actual)))', to: 'if (actual && this.#bytes < 0)', specs: verifyStore },
  { name: 'place asked again that failed', file: 'pipelines/check/verify.ts', from: "if (problem.hasFailedFrom(origin)) return false", to: "", specs: ['spec/stores/verify-many-names.spec.ts'] },
  { name: 'tree that no name needs not verified', file: 'pipelines/check/verify.ts', from: "if (kind === 'layer') await this.#verifyUnreferencedLayer(digest)", to: "if (kind === 'layer' && digest === '') await this.#verifyUnreferencedLayer(digest)", specs: verifyStore },
  { name: 'staged trees of a repair left', file: 'pipelines/check/verify-layer.ts', from: 'for (const staged of stagedLayers) await staged.discard()', to: '', specs: ['spec/pipelines/check/verify-layer.spec.ts'] },
  { name: 'platform given up after a passing failure', file: 'lib/stages/resolve/read-missing-platforms.ts', from: '!(error instanceof WindlassError) || error.retryable) throw error', to: '!(error instanceof WindlassError)) throw error', specs: ['spec/lib/stages/resolve/read-missing-platforms.spec.ts'] },
  { name: 'platform of the index not taken for a config', file: 'lib/stages/plan/fetch-config.ts', from: 'listedPlatform(document, parentIndexes) ?? request.platform', to: 'request.platform', specs: ['spec/lib/stages/plan/fetch-config.spec.ts'] },
  { name: 'layer of another blob taken for its diffID', file: 'lib/stages/layers/ensure-layer.ts', from: 'if (!stored?.blobs.includes(digest)) return undefined', to: 'if (!stored) return undefined', specs: ['spec/lib/stages/layers/ensure-layer.spec.ts'] },
  { name: 'tree of another form committed', file: 'lib/stages/commit/commit-image.ts', from: 'store.layers.find(stored.diffID, stored.form)', to: 'store.layers.find(stored.diffID)', specs: ['spec/lib/stages/commit/commit-image.spec.ts'] },
  { name: 'bytes that are there need space again', file: 'lib/stages/policy/check-space.ts', from: 'total + descriptor.size - offset,', to: 'total + descriptor.size,', specs: ['spec/lib/stages/policy/check-space.spec.ts'] },
  { name: 'delay of a retry skipped after a pause', file: 'lib/transfer/download-history.ts', from: "    this.#retryAt = performance.now() + retryIn\n", to: '', specs: ['spec/lib/transfer/download-history.spec.ts'] },
  { name: 'foreign layer without a URL left out of a copy', file: 'lib/transfer/copy/manifest-nodes.ts', from: 'isForeignLayerType(mediaType) && urls.length > 0', to: 'isForeignLayerType(mediaType)', specs: ['spec/lib/transfer/copy/manifest-nodes.spec.ts'] },
  { name: 'annotations of another image kept in a layout', file: 'lib/sinks/layout/layout-index.ts', from: "isObject(old) && old['digest'] === digest ? old : {}", to: 'isObject(old) ? old : {}', specs: ['spec/lib/sinks/layout/layout-index.spec.ts'] },
  { name: 'list of a layout changed in place overwritten', file: 'lib/sinks/layout/index-file.ts', from: 'one?.ino === other?.ino && one?.mtimeMs === other?.mtimeMs && one?.size', to: 'one?.ino === other?.ino && one?.size', specs: ['spec/lib/sinks/layout/index-file.spec.ts'] },
  { name: 'temporary file of a running copy swept', file: 'lib/sinks/layout/temporary-file.ts', from: 'if (tryLock(file.fd) === true) await unlink(path)', to: 'await unlink(path)', specs: ['spec/lib/sinks/layout-sink.spec.ts'] },
  { name: 'archive of images without a limit', file: 'lib/archive/images/plain-bytes.ts', from: '    size.add(chunk.length)\n', to: '', specs: ['spec/lib/archive/images/receive-archive.spec.ts'] },
  { name: 'link of an archive replaced by an earlier file', file: 'lib/archive/images/archive-entries.ts', from: 'if (!this.#links.has(path)) this.#files.set(path, file)', to: 'this.#files.set(path, file)', specs: ['spec/lib/archive/images/index-archive.spec.ts'] },
  { name: 'path out of an archive accepted', file: 'lib/archive/images/archive-entries.ts', from: "normal === '..' || normal.startsWith('../') || ", to: '', specs: ['spec/lib/archive/images/index-archive.spec.ts'] },
  { name: 'any file replaced by an archive', file: 'lib/sinks/archives/replaceable.ts', from: 'stats.size > 0 && !(await isImageArchive(path))', to: 'false', specs: ['spec/lib/sinks/archives/archive-sink.spec.ts'] },
  { name: 'tables trusted after a wrong one', file: 'pipelines/files.ts', from: "      else if (error.code !== 'LIMIT_EXCEEDED') this.#hasFoundWrongToc = true\n", to: '', specs: ['spec/pipelines/files.spec.ts'] },
  { name: 'listener left by each repair', file: 'pipelines/check/repair.ts', from: "      signal?.removeEventListener('abort', cancel)\n", to: '', specs: ['spec/pipelines/check/repair.spec.ts'] },
  { name: 'mirror asked again for a layer', file: 'lib/transfer/receive-from.ts', from: 'if (place.isMirror || !failure.retryable) list.drop(place)', to: 'if (!failure.retryable) list.drop(place)', specs: receiveForeign },
  { name: 'failure of a mirror reported as that of the layer', file: 'lib/transfer/receive-from.ts', from: 'if (!place.isMirror) failures.push(error)', to: 'failures.push(error)', specs: receiveForeign },
  { name: 'mirror that sent nothing blamed', file: 'lib/transfer/receive-from.ts', from: 'if (place.isMirror && hasGrown(before, after))', to: 'if (place.isMirror)', specs: receiveForeign },
  { name: 'mirror of an earlier attempt not blamed', file: 'lib/transfer/receive-from.ts', from: ' && !list.hasContributions', to: '', specs: ['spec/pulls/mirrors.spec.ts'] },
  { name: 'fault of a registry counted as that of its mirror', file: 'lib/image/place-failure.ts', from: "error.faultySide !== 'upstream' && ", to: '', specs: ['spec/pulls/mirrors.spec.ts'] },
  { name: 'one of several registries chosen although it is forbidden', file: 'puller/names/choice.ts', from: "if (names.length < 2 || mode !== 'enforcing') return", to: 'if (names.length >= 0) return', specs: ['spec/commands/short-names.spec.ts'] },
  { name: 'places loaded again at each attempt', file: 'lib/transfer/places/place-list.ts', from: "    this.#load = undefined\n", to: '', specs: ['spec/lib/transfer/places/place-list.spec.ts'] },
  { name: 'what a mirror does not have reported', file: 'lib/transfer/places/places-of.ts', from: "if (!isFailureOfPlace(error)) return undefined", to: "", specs: ['spec/lib/transfer/places/places-of.spec.ts'] },
  { name: 'pause of a mirror cut short', file: 'lib/sources/places/place-health.ts', from: 'Math.max(until, now + pauseAfter(error, count))', to: 'now + pauseAfter(error, count)', specs: ['spec/lib/sources/places/place-health.spec.ts'] },
  { name: 'failures at the same time counted each', file: 'lib/sources/places/place-health.ts', from: 'until > now ? before : before + 1', to: 'before + 1', specs: ['spec/lib/sources/places/place-health.spec.ts'] },
  { name: 'part of a blob counted from its first byte', file: 'lib/sources/places/read-from-places.ts', from: 'Math.min(descriptor.size, offset + length)', to: 'Math.min(descriptor.size, start + length)', specs: ['spec/lib/sources/places/read-from-places.spec.ts'] },
  { name: 'wrong bytes of mirrors passed on completely', file: 'lib/sources/places/read-from-places.ts', from: 'if (position === end && verifier) assertDigest(verifier, mirrors)', to: '', specs: ['spec/lib/sources/places/read-from-places.spec.ts'] },
  { name: 'stream of a place that is left stays open', file: 'lib/sources/places/read-from-places.ts', from: "      body.stream.on('error', () => undefined).destroy()\n", to: '', specs: ['spec/lib/sources/places/read-from-places.spec.ts'] },
  { name: 'manifest of a mirror not verified', file: 'lib/sources/places/ordered-source.ts', from: 'if (isMirror) this.#assertUsable(tagOrDigest, fetched, request)', to: '', specs: ['spec/lib/sources/places/ordered-source.spec.ts'] },
  { name: 'mirror for tags asked for all blobs', file: 'lib/sources/places/ordered-source.ts', from: "!isMirror || manifests !== 'tags' || this.#served.has(source)", to: "!isMirror || manifests !== undefined || manifests === undefined", specs: ['spec/lib/sources/places/ordered-source.spec.ts'] },
  { name: 'target that failed to open never opened', file: 'lib/sinks/deferred-sink.ts', from: "      this.#sink = undefined\n", to: '', specs: ['spec/lib/sinks/deferred-sink.spec.ts'] },
  { name: 'failures of mirrors forgotten for a user', file: 'puller/hosts/mirrored-registries.ts', from: "      health: this.#health,\n", to: '', specs: ['spec/puller/hosts/mirrored-registries.spec.ts'] },
  { name: 'registry asked although only mirrors may be', file: 'puller/hosts/mirrored-registries.ts', from: 'usesMirrorsOnly ? mirrors.at(-1) : await', to: 'usesMirrorsOnly && mirrors.length === 0 ? undefined : await', specs: ['spec/puller/hosts/mirrored-registries.spec.ts'] },
  { name: 'raised limit on copies not for those that run', file: 'lib/stages/copy/copy-blobs.ts', from: "    this.slotCount.set(slots)\n", to: '', specs: ['spec/lib/stages/copy/copy-blobs.spec.ts'] },
  { name: 'mounted blobs counted as sent', file: 'lib/stages/copy/put-root.ts', from: "if (outcome === 'copied') bytes.copied", to: "if (outcome !== 'exists') bytes.copied", specs: ['spec/pipelines/copy.spec.ts'] },
  { name: 'tag at another image not moved', file: 'lib/stages/copy/read-manifests.ts', from: 'wasTagged: before === root.descriptor.digest', to: 'wasTagged: before !== undefined', specs: ['spec/pipelines/copy.spec.ts'] },
  { name: 'request for a blob of another size left open', file: 'lib/transfer/copy/copy-blob.ts', from: "      body.stream.destroy()\n", to: '', specs: ['spec/lib/transfer/copy/copy-blob.spec.ts'] },
  { name: 'blob of another size is there', file: 'lib/stages/plan/plan.ts', from: 'const blob = await store.blobs.has(digest, size)', to: 'const blob = await store.blobs.has(digest)', specs: plan },
  { name: 'manifest of one platform fetched once only', file: 'lib/stages/resolve/resolve-entry.ts', from: "order: 'source', supervise: retryingTransfers(retry)", to: "order: 'source'", specs: ['spec/lib/stages/resolve/resolve-entry.spec.ts'] },
]
