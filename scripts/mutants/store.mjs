/** Deliberate bugs of lib/store: in which file which text, there once, becomes which, and which specs must notice. */
const blobs = ['spec/lib/store/blobs/blobs.spec.ts']
const verifyBlob = ['spec/lib/store/blobs/verify-blob.spec.ts']
const durable = ['spec/lib/store/files/durable.spec.ts']
const fileLock = ['spec/lib/store/locks/file-lock.spec.ts']
const metadataLock = ['spec/lib/store/locks/metadata-lock.spec.ts']
const run = ['spec/lib/store/staging/run.spec.ts']
const sweepRuns = ['spec/lib/store/staging/sweep-runs.spec.ts']
const unfinishedTree = ['spec/lib/store/staging/unfinished-tree.spec.ts']
const reserve = ['spec/lib/store/staging/reserve.spec.ts']
const partials = ['spec/lib/store/partial/partials.spec.ts']
const heldDownloads = ['spec/stores/held-downloads.spec.ts']
const garbage = ['spec/lib/store/garbage/garbage.spec.ts']
const roots = ['spec/lib/store/garbage/roots.spec.ts']
const layers = ['spec/lib/store/layers/layers.spec.ts']
const layerCommit = ['spec/lib/store/layers/layer-commit.spec.ts']
const layerRecord = ['spec/lib/store/layers/layer-record.spec.ts']
const names = ['spec/lib/store/names/names.spec.ts']
const store = ['spec/lib/store/store.spec.ts']
const ownership = ['spec/lib/store/layout/ownership.spec.ts']
const repairFiles = ['spec/lib/store/check/repair-files.spec.ts']

// prettier-ignore
export const mutants = [
  { name: 'blob of another size is here', file: 'lib/store/blobs/blobs.ts', from: '(size === undefined || found.size === size)', to: 'true', specs: blobs },
  { name: 'blob as long as may be read refused', file: 'lib/store/blobs/blobs.ts', from: 'stats.size > maxBytes', to: 'stats.size >= maxBytes', specs: blobs },
  { name: 'corrupt bytes believed', file: 'lib/store/blobs/blobs.ts', from: "    if (!hasDigest(bytes, digest))\n      throw new WindlassError(\n", to: "    if (bytes === undefined)\n      throw new WindlassError(\n", specs: blobs },
  { name: 'bytes of another digest stored', file: 'lib/store/blobs/blobs.ts', from: "if (!hasDigest(bytes, digest))\n      throw new WindlassError('DIGEST_MISMATCH'", to: "if (bytes === undefined)\n      throw new WindlassError('DIGEST_MISMATCH'", specs: blobs },
  { name: 'blob read through a link', file: 'lib/store/blobs/blobs.ts', from: 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK', to: 'constants.O_RDONLY | constants.O_NONBLOCK', specs: blobs },
  { name: 'adopted blob not held', file: 'lib/store/blobs/blobs.ts', from: "    await this.run.hold([digest], signal)\n", to: '', specs: blobs },
  { name: 'blob that was put not held', file: 'lib/store/blobs/blobs.ts', from: 'this.run.hold([digest], signal).catch(', to: 'Promise.resolve().catch(', specs: garbage },
  { name: 'damaged blob is whole', file: 'lib/store/blobs/verify-blob.ts', from: 'return actual === digest', to: 'return actual !== undefined', specs: verifyBlob },
  { name: 'only the first piece of a blob verified', file: 'lib/store/blobs/verify-blob.ts', from: 'hash.update(piece.subarray(0, bytesRead))', to: 'hash.update(piece)', specs: verifyBlob },
  { name: 'size of a blob not looked at', file: 'lib/store/blobs/verify-blob.ts', from: "size !== undefined && actualSize !== BigInt(size)", to: "size !== undefined && actualSize < 0n", specs: verifyBlob },
  { name: 'verifying a blob never stops', file: 'lib/store/blobs/verify-blob.ts', from: "        signal?.throwIfAborted()\n", to: '', specs: verifyBlob },
  { name: 'link in the place of a blob opened', file: 'lib/store/blobs/verify-blob.ts', from: "if (!found.isFile()) return damaged('it is not a regular file')", to: '', specs: verifyBlob },

  { name: 'bytes written and not synced', file: 'lib/store/files/durable.ts', from: 'if (synced) await file.sync()', to: '', specs: durable },
  { name: 'what appears not synced in its directory', file: 'lib/store/files/durable.ts', from: "  await syncDirectory(dirname(to))\n", to: '', specs: durable },
  { name: 'directory synced before the rename', file: 'lib/store/files/durable.ts', from: "  await rename(from, to)\n  await syncDirectory(dirname(to))\n", to: "  await syncDirectory(dirname(to))\n  await rename(from, to)\n", specs: durable },
  { name: 'new directory not synced in its parent', file: 'lib/store/files/durable.ts', from: "    await syncDirectory(dirname(path))\n  } catch", to: '  } catch', specs: durable },
  { name: 'copy not synced', file: 'lib/store/files/durable.ts', from: "    await file.sync()\n", to: '', specs: durable },
  { name: 'link taken for a directory of the store', file: 'lib/store/files/durable.ts', from: 'if (!(await isDirectory(path))) throw notADirectoryError(path)', to: '', specs: blobs },
  { name: 'what is written open to others', file: 'lib/store/files/durable.ts', from: "const file = await open(path, 'wx', 0o600)", to: "const file = await open(path, 'wx', 0o644)", specs: blobs },
  { name: 'only one file system of a store synced', file: 'lib/store/files/sync-store.ts', from: "if (place !== directory && (!found || synced.has(found.dev))) continue", to: 'if (place !== directory) continue', specs: ['spec/lib/store/files/sync-store.spec.ts'] },
  { name: 'pointers not synced one by one', file: 'lib/store/files/sync-store.ts', from: "['blobs', 'layers', 'layers/by-blob']", to: "['blobs', 'layers']", specs: ['spec/lib/store/files/sync-store.spec.ts'] },
  { name: 'files of a tree not synced one by one', file: 'lib/store/files/sync-tree.ts', from: 'else if (entry.isFile()) await syncPath(path)', to: '', specs: ['spec/lib/store/files/sync-tree.spec.ts'] },
  { name: 'directories of a tree not synced one by one', file: 'lib/store/files/sync-tree.ts', from: "    await syncPath(directory)\n", to: '', specs: ['spec/lib/store/files/sync-tree.spec.ts'] },
  { name: 'full quota is no full disk', file: 'lib/store/files/store-error.ts', from: "return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')", to: "return ['ENOSPC'].includes(errnoOf(error) ?? '')", specs: ['spec/lib/store/files/store-error.spec.ts'] },

  { name: 'lock of a file that is gone is held', file: 'lib/store/locks/file-lock.ts', from: 'return ours.ino === current?.ino && ours.dev === current.dev', to: 'return ours.ino > 0 && current !== null', specs: fileLock },
  { name: 'lock taken again on a file that was replaced', file: 'lib/store/locks/file-lock.ts', from: "if (await isCurrent(this.#handle, this.#path)) return 'taken'", to: "return 'taken'", specs: fileLock },
  { name: 'lock of a replaced file kept', file: 'lib/store/locks/file-lock.ts', from: "    this.pause()\n    return 'gone'", to: "    return 'gone'", specs: fileLock },
  { name: 'file of a lock that was refused left open', file: 'lib/store/locks/file-lock.ts', from: 'if (!lock) await handle.close()', to: '', specs: fileLock },
  { name: 'lock becomes a file that is not synced', file: 'lib/store/locks/file-lock.ts', from: "    await this.#handle.sync()\n", to: '', specs: fileLock },
  { name: 'lock becomes a file whose name is not synced', file: 'lib/store/locks/file-lock.ts', from: "    await syncDirectory(dirname(path))\n", to: '', specs: fileLock },
  { name: 'file of a lock left behind', file: 'lib/store/locks/file-lock.ts', from: 'if (remove) await ignoreMissing(unlink(this.#path))', to: '', specs: fileLock },
  { name: 'work that has begun told as given up', file: 'lib/store/locks/metadata-lock.ts', from: 'if (!started) reject(reason)', to: 'reject(reason)', specs: metadataLock },
  { name: 'listeners of a hold left behind', file: 'lib/store/locks/metadata-lock.ts', from: "each.removeEventListener('abort', stop)", to: 'each.aborted', specs: metadataLock },
  { name: 'lock of a file that was replaced kept for the next', file: 'lib/store/locks/metadata-lock.ts', from: "if (retaken === 'gone') await this.#closeLock()", to: '', specs: metadataLock },
  { name: 'lock of the store not let go of', file: 'lib/store/locks/metadata-lock.ts', from: 'else await this.#closeLock()', to: '', specs: metadataLock },
  { name: 'holder of the lock told again and again', file: 'lib/store/locks/metadata-lock.ts', from: "        reported = true\n", to: "", specs: metadataLock },
  { name: 'waiting for the lock does not end with its signal', file: 'lib/store/locks/waiting.ts', from: 'await delay(pause, undefined, signal && { signal })', to: 'await delay(pause * 50)', specs: metadataLock },

  { name: 'hold swallowed by a torn line', file: 'lib/store/staging/run.ts', from: '`\\n${digest}`', to: '`${digest}\\n`', specs: run },
  { name: 'hold of several skipped where one is held', file: 'lib/store/staging/run.ts', from: 'digests.some((digest)', to: 'digests.every((digest)', specs: run },
  { name: 'hold believed that could not be written', file: 'lib/store/staging/run.ts', from: "    await withStoreErrors('record which content this process needs', path, () =>\n      appendFile(path, lines, 0o600),\n    )\n    for (const digest of fresh) this.#held.add(digest)\n", to: "    for (const digest of fresh) this.#held.add(digest)\n    await withStoreErrors('record which content this process needs', path, () =>\n      appendFile(path, lines, 0o600),\n    )\n", specs: run },
  { name: 'hold after a release not written', file: 'lib/store/staging/run.ts', from: "    this.#held.clear()\n", to: '', specs: run },
  { name: 'holds not let go of', file: 'lib/store/staging/run.ts', from: 'this.metadata.hold(() => truncate(path, 0))', to: 'this.metadata.hold(() => Promise.resolve())', specs: run },
  { name: 'failed file left in staging', file: 'lib/store/staging/run.ts', from: 'await removeTree(path).catch(() => undefined)', to: 'await Promise.resolve()', specs: run },
  { name: 'staging directory that failed once fails always', file: 'lib/store/staging/run.ts', from: 'if (this.#opened === opening) this.#opened = undefined', to: '', specs: run },
  { name: 'run used after its end', file: 'lib/store/staging/run.ts', from: "if (this.#ended) throw new WindlassError('INTERNAL', 'The store was used after it was closed')", to: "", specs: store },
  { name: 'lock of a run not let go of', file: 'lib/store/staging/run.ts', from: "    await lock.release()\n", to: '', specs: run },
  { name: 'notes of trees forgotten while one is built', file: 'lib/store/staging/run.ts', from: '--this.#treeCount === 0 &&', to: '--this.#treeCount >= 0 &&', specs: unfinishedTree },
  { name: 'store not synced before the run of a dead process goes', file: 'lib/store/staging/sweep-runs.ts', from: 'if (!synced) await syncStore(dirname(staging))', to: '', specs: sweepRuns },
  { name: 'directory that is of no run swept', file: 'lib/store/staging/sweep-runs.ts', from: 'if (!isRunName(name)) continue', to: '', specs: sweepRuns },
  { name: 'one run that cannot be removed ends the sweep', file: 'lib/store/staging/sweep-runs.ts', from: 'failures.push(notRemovedError(error, run))', to: '{ throw notRemovedError(error, run) }', specs: sweepRuns },
  { name: 'one noted tree left behind', file: 'lib/store/staging/sweep-runs.ts', from: 'const trees = await readTreeNotes(run)', to: 'const trees = (await readTreeNotes(run)).slice(1)', specs: unfinishedTree },
  { name: 'tree of another token removed', file: 'lib/store/staging/unfinished-tree.ts', from: 'text === lockTextOf(token)', to: 'anyText.test(text)', specs: unfinishedTree },
  { name: 'tree in a directory that others can write removed', file: 'lib/store/staging/unfinished-tree.ts', from: '(found.mode & 0o022) === 0', to: 'found.mode > 0', specs: unfinishedTree },
  { name: 'tree with anything beside it removed', file: 'lib/store/staging/unfinished-tree.ts', from: 'names.some((name) => name !== lockName && name !== treeName)', to: 'names.length > 9', specs: unfinishedTree },
  { name: 'lock of a built tree left open', file: 'lib/store/staging/unfinished-tree.ts', from: "        await lock?.release()\n", to: '', specs: unfinishedTree },
  { name: 'reserve no larger than the list', file: 'lib/store/staging/reserve.ts', from: "bytes >= indexBytes + minSpare", to: "bytes + minSpare >= indexBytes", specs: reserve },
  { name: 'lock for the reserve not let go of', file: 'lib/store/staging/reserve.ts', from: "      await held.release()\n", to: '', specs: reserve },
  { name: 'torn holds of runs not read', file: 'lib/store/staging/holds.ts', from: 'if (isDigest(line)) held.add(line)', to: 'if (isDigest(line)) held.add(line)\n    else if (line !== \'\') break', specs: run },

  { name: 'partials of killed runs kept beyond the budget', file: 'lib/store/partial/partials.ts', from: "if (!this.#checkedOnce) this.#checkedOnce = this.#mayHaveGrown = true", to: "", specs: partials },
  { name: 'partial that a run needs evicted', file: 'lib/store/partial/partials.ts', from: 'wanted: await digestsHeldByRuns(this.#staging)', to: 'wanted: new Set()', specs: partials },
  { name: 'lock of a partial that cannot be opened kept', file: 'lib/store/partial/partials.ts', from: 'await lock.release({ remove: true }).catch(() => undefined)', to: 'await Promise.resolve()', specs: partials },
  { name: 'timeout told as cancelled', file: 'lib/store/partial/partials.ts', from: "timeout ? 'STORE_LOCKED' : 'CANCELLED'", to: "!timeout ? 'STORE_LOCKED' : 'CANCELLED'", specs: heldDownloads },
  { name: 'directory counted as a partial download', file: 'lib/store/partial/partials.ts', from: 'return found?.isFile() ? found.size : 0', to: 'return found?.size ?? 0', specs: partials },
  { name: 'partials of exactly the budget evicted', file: 'lib/store/partial/evict-partials.ts', from: 'kept + each.bytes <= keep', to: 'kept + each.bytes < keep', specs: partials },
  { name: 'youngest partial evicted first', file: 'lib/store/partial/evict-partials.ts', from: 'b.changedAt - a.changedAt', to: 'a.changedAt - b.changedAt', specs: partials },
  { name: 'download under way counted in the budget', file: 'lib/store/partial/evict-partials.ts', from: "if (!(await isLocked(each))) kept += each.bytes", to: "kept += each.bytes", specs: partials },
  { name: 'dry run removes partials', file: 'lib/store/partial/evict-partials.ts', from: "dryRun ? !(await isLocked(each)) : await removeUnlessLocked(each)", to: "await removeUnlessLocked(each)", specs: garbage },
  { name: 'journal of an evicted partial left', file: 'lib/store/partial/evict-partials.ts', from: '[`${path}.json.new`, `${path}.json`, path]', to: '[path]', specs: partials },
  { name: 'validator of another place believed', file: 'lib/store/partial/partial.ts', from: 'return sender === from ? validator : undefined', to: 'return sender === undefined ? undefined : validator', specs: partials },
  { name: 'discarded bytes stay', file: 'lib/store/partial/partial.ts', from: "      await ignoreMissing(truncate(this.path, 0))\n", to: '', specs: partials },
  { name: 'journal of discarded bytes stays', file: 'lib/store/partial/partial.ts', from: "      await this.#removeJournal()\n      await ignoreMissing", to: '      await ignoreMissing', specs: partials },
  { name: 'lock file of a released partial stays', file: 'lib/store/partial/partial.ts', from: 'await this.lock.release({ remove: true })', to: 'await this.lock.release()', specs: partials },
  { name: 'journal of another version believed', file: 'lib/store/partial/partial.ts', from: "value['version'] !== 1 ||", to: '', specs: partials },
  { name: 'download made apart stays', file: 'lib/store/partial/partial.ts', from: 'hasBytes = this.isResumable && !!', to: 'hasBytes = !!', specs: heldDownloads },
  { name: 'stopped process waited for as if it unpacked', file: 'lib/store/partial/download-watch.ts', from: 'pid !== undefined && !stopped', to: 'pid !== undefined', specs: heldDownloads },
  { name: 'held download told again and again', file: 'lib/store/partial/download-watch.ts', from: "      this.#reported = true\n", to: '', specs: heldDownloads },

  { name: 'index in the root index collected', file: 'lib/store/garbage/roots.ts', from: "Array.isArray((await documents.readIfPossible(descriptor.digest))['manifests']),", to: "Array.isArray((await documents.readIfPossible(descriptor.digest))['nothing']),", specs: roots },
  { name: 'index that an image was chosen from collected', file: 'lib/store/garbage/roots.ts', from: 'for await (const { link } of origins) needed.add(link.descriptor.digest)', to: 'for await (const { link } of origins) needed.has(link.descriptor.digest)', specs: ['spec/stores/collect.spec.ts'] },
  { name: 'image that an index only lists kept', file: 'lib/store/garbage/roots.ts', from: "Array.isArray((await documents.readIfPossible(descriptor.digest))['manifests']),", to: 'Array.isArray([await documents.readIfPossible(descriptor.digest)]),', specs: roots },
  { name: 'layer known only by its diffID collected', file: 'lib/store/garbage/roots.ts', from: "role === 'config' ? configLinks(document) : documentLinks(document)", to: 'documentLinks(document)', specs: roots },
  { name: 'what a foreign digest leads to collected', file: 'lib/store/garbage/roots.ts', from: '!(isDigest(digest) || isUnsupportedDigest(digest))', to: '!isDigest(digest)', specs: roots },
  { name: 'foreign document that cannot be read ignored', file: 'lib/store/garbage/root-documents.ts', from: 'if (!isObject(document)) throw this.#unknownContentError(rootEntry, `${path} is not a readable document`)', to: 'if (!isObject(document)) return {}', specs: roots },
  { name: 'missing image of a named index put up with', file: 'lib/store/garbage/roots.ts', from: 'required: images.has(link.descriptor.digest)', to: "required: images.has('')", specs: ['spec/stores/verify-names.spec.ts'] },
  { name: 'damaged large document is no document', file: 'lib/store/garbage/root-documents.ts', from: "if (found.state === 'damaged')", to: "if (found.state === 'missing')", specs: garbage },
  { name: 'subject of a manifest collected', file: 'lib/image/graph/document-links.ts', from: "    ...linksIn('subject', [subject]),\n", to: '', specs: roots },
  { name: 'layers of a schema 1 manifest collected', file: 'lib/image/graph/document-links.ts', from: "    ...linksIn('layer', fsLayers, 'blobSum'),\n", to: '', specs: roots },
  { name: 'blobs of an artifact collected', file: 'lib/image/graph/document-links.ts', from: "    ...linksIn('layer', blobs),\n", to: '', specs: roots },
  { name: 'garbage collected although an entry has rotted', file: 'lib/store/garbage/garbage-index.ts', from: 'if (corrupt) {', to: 'if (corrupt && text === undefined) {', specs: roots },
  { name: 'store not synced before garbage goes', file: 'lib/store/garbage/garbage.ts', from: 'if (found.items.length > 0) await syncStore(this.directory)', to: '', specs: garbage },
  { name: 'what was moved aside not synced before it goes', file: 'lib/store/garbage/garbage.ts', from: 'for (const directory of new Set(items.map(({ path }) => dirname(path)))) await syncDirectory(directory)', to: '', specs: garbage },
  { name: 'pointers of collected layers stay', file: 'lib/store/garbage/garbage.ts', from: 'trash.push(...(await this.#moveAside(pointers.map((path) => ({ path, bytes: 0 })))))', to: '', specs: garbage },
  { name: 'what a run holds collected', file: 'lib/store/garbage/holders.ts', from: 'new Set([...runs, ...[...mounts', to: 'new Set([...[...mounts', specs: garbage },
  { name: 'layer of a needed blob collected', file: 'lib/store/garbage/find-garbage.ts', from: '!isNeeded(digest) && !origins.some(isNeeded)', to: '!isNeeded(digest)', specs: garbage },
  { name: 'thing that was mended meanwhile discarded', file: 'lib/store/garbage/garbage.ts', from: 'found?.ino !== inode', to: 'found === undefined', specs: garbage },
  { name: 'damaged thing put back over what came', file: 'lib/store/garbage/garbage.ts', from: 'if (await ignoreMissing(lstat(path))) return', to: '', specs: garbage },
  { name: 'damaged thing not put back', file: 'lib/store/garbage/garbage.ts', from: "      await moveTree(aside, path)\n", to: '', specs: garbage },
  { name: 'replaced thing left in staging', file: 'lib/store/garbage/garbage.ts', from: 'if (aside !== undefined) await removeTree(aside)', to: '', specs: garbage },
  { name: 'dry run of garbage removes', file: 'lib/store/garbage/garbage.ts', from: 'if (dryRun || lock === undefined) return found', to: 'if (lock === undefined) return found', specs: garbage },
  { name: 'link named like a blob collected', file: 'lib/store/garbage/inventory.ts', from: 'if (digest && stats.isFile())', to: 'if (digest)', specs: garbage },

  { name: "pointer leads to another blob's tree", file: 'lib/store/layers/layers.ts', from: 'return layer?.blobs.includes(blob) ? layer : undefined', to: 'return layer', specs: layers },
  { name: 'layer whose tree is gone found', file: 'lib/store/layers/layers.ts', from: 'if (!tree || !(await isDirectory(join(directory, tree.rootfs)))) continue', to: 'if (!tree) continue', specs: layers },
  { name: 'committed layer not held', file: 'lib/store/layers/layers.ts', from: "            await this.run.holdWithLock([diffID, blob.digest])\n", to: '', specs: garbage },
  { name: 'tree not synced before it appears', file: 'lib/store/layers/layers.ts', from: "await withStoreErrors('write a layer to the disk', staged, () => syncTree(root, staged))", to: 'await Promise.resolve()', specs: layerCommit },
  { name: 'staged tree not discarded when the store is closed', file: 'lib/store/layers/layers.ts', from: 'this.#staged.add(staged)', to: 'this.#staged.delete(staged)', specs: layers },
  { name: 'root of a staged tree left open', file: 'lib/store/layers/staged-layer.ts', from: "      await this.root.close()\n", to: '', specs: layers },
  { name: 'pointer with a torn end believed', file: 'lib/store/layers/layer-pointer-file.ts', from: 'isDigest(diffID) && text === formatPointer(diffID)', to: 'isDigest(diffID)', specs: layers },
  { name: 'another blob of a layer not recorded', file: 'lib/store/layers/layer-commit.ts', from: 'if (record !== before) await writeRecord(directory, record, run)', to: 'if (record === before) await writeRecord(directory, record, run)', specs: layers },
  { name: 'second tree recorded before its name is synced', file: 'lib/store/layers/layer-commit.ts', from: "  await syncDirectory(directory)\n", to: '', specs: layerCommit },
  { name: 'tree that no record speaks of in the way', file: 'lib/store/layers/layer-commit.ts', from: "if (await lstatIfExists(target)) await moveTree(target, await run.freshPath('unexpected', 'layers'))", to: '', specs: layerCommit },
  { name: 'second form in the place of the first', file: 'lib/store/layers/layer-commit.ts', from: "Object.values(forms).some(({ rootfs }) => rootfs === 'rootfs')", to: 'Object.values(forms).length < 0', specs: layers },
  { name: 'lost pointers not written again', file: 'lib/store/layers/layer-pointers.ts', from: 'if (!(await isDirectory(this.#directory))) await this.#rebuild()', to: '', specs: layers },
  { name: 'corrupt record believed', file: 'lib/store/layers/layer-record.ts', from: 'checksum === checksumOf(document)', to: 'checksum !== document', specs: layerRecord },
  { name: 'record leads out of its layer', file: 'lib/store/layers/layer-record.ts', from: "/^rootfs(\\.\\w+)?$/.test(value['rootfs'])", to: "value['rootfs'] !== ''", specs: layers },
  { name: 'same blob recorded twice', file: 'lib/store/layers/layer-record.ts', from: 'blob.digest === digest', to: 'blob.digest === mediaType', specs: layerRecord },
  { name: 'damaged record of another layer believed', file: 'lib/store/layers/layer-record.ts', from: "value['diffID'] !== diffID", to: "value['diffID'] === undefined", specs: layerRecord },

  { name: 'name set before the disk has the image', file: 'lib/store/names/names.ts', from: "syncStore(dirname(this.path)))", to: 'Promise.resolve())', specs: names },
  { name: 'name of a manifest that is not here', file: 'lib/store/names/names.ts', from: 'if (!(await this.blobs.has(digest)))', to: 'if (digest === undefined)', specs: names },
  { name: 'list that has not changed written again', file: 'lib/store/names/names.ts', from: 'if (after === before) return', to: '', specs: names },
  { name: 'annotations of another image kept', file: 'lib/store/names/index-document.ts', from: "old['digest'] === descriptor.digest ? old : {}", to: 'true ? old : {}', specs: names },
  { name: 'seal of an entry not looked at', file: 'lib/store/names/index-document.ts', from: 'return isObject(entry) && checksum === checksumOfEntry(entry)', to: 'return isObject(entry)', specs: names },
  { name: 'entry that lost its seal is whole', file: 'lib/store/names/index-document.ts', from: 'return !text.includes(checksumPrefix) && !/"[0-9a-f]{64}"/.test(text)', to: 'return true', specs: names },
  { name: 'start of several digests is one', file: 'lib/store/names/find-entry.ts', from: 'if (digests.size > 1)', to: 'if (digests.size > 2)', specs: ['spec/lib/store/names/find-entry.spec.ts'] },

  { name: 'layers open to others', file: 'lib/store/layout/layout.ts', from: "(found.mode & 0o077) !== 0", to: '(found.mode & 0o007) > 7', specs: store },
  { name: 'new store open to others', file: 'lib/store/layout/layout.ts', from: 'await chmod(store, 0o700)', to: '', specs: store },
  { name: 'store of this very version refused', file: 'lib/store/layout/layout.ts', from: 'if (version > storeVersion)', to: 'if (version >= storeVersion)', specs: store },
  { name: 'link in the place of the partial downloads', file: 'lib/store/layout/layout.ts', from: 'for (const name of contentDirectories)', to: 'for (const name of contentDirectories.slice(0, 2))', specs: store },
  { name: 'store made among things of others', file: 'lib/store/layout/layout.ts', from: 'if (unexpectedPaths.length > 0)', to: 'if (unexpectedPaths.length > 9)', specs: store },
  { name: 'layout named before what it names is on the disk', file: 'lib/store/layout/layout.ts', from: "    await syncDirectory(store)\n    await writeIfMissing", to: '    await writeIfMissing', specs: store },
  { name: 'store that everybody can write used by root', file: 'lib/store/layout/ownership.ts', from: 'if ((mode & 0o002) !== 0)', to: 'if ((mode & 0o002) > 2)', specs: ownership },
  { name: 'store of another user used by root', file: 'lib/store/layout/ownership.ts', from: "if (uid !== ownUid && uid !== 0)", to: "if (uid !== ownUid && uid !== 0 && !byMode)", specs: ownership },

  { name: 'what was damaged lost with its repair', file: 'lib/store/check/repair-files.ts', from: 'if (await lstatIfExists(path)) await rename(path, await unusedPath(`${path}.moved`))', to: '', specs: repairFiles },
  { name: 'what was kept of an earlier repair lost', file: 'lib/store/check/repair-files.ts', from: 'if (!names.has(basename(name))) return name', to: 'return name', specs: repairFiles },
  { name: 'image of an index listed once more', file: 'lib/store/check/rebuild-index.ts', from: "!referenced.has(digest)", to: "digest !== ''", specs: repairFiles },
  { name: 'damaged document listed', file: 'lib/store/check/rebuild-index.ts', from: 'digestOf(bytes, algorithmOf(digest)) === digest ?', to: 'bytes.length > 0 ?', specs: repairFiles },
  { name: 'layer that no pointer leads to is well', file: 'lib/store/check/verify-layer.ts', from: "faults.push('not all of its blobs point to it')", to: '{}', specs: ['spec/stores/verify-pointers.spec.ts'] },
  { name: 'tree that is gone is no fault', file: 'lib/store/check/verify-layer.ts', from: 'else faults.push(`its tree ${tree} is missing`)', to: '', specs: ['spec/pipelines/check/verify.spec.ts'] },
  { name: 'tree that cannot be removed not reported', file: 'lib/store/staging/sweep-runs.ts', from: "  if (errors.length > 0) throw errors[0]\n", to: '', specs: ['spec/lib/store/staging/sweep-runs.spec.ts'] },
  { name: 'link at a directory of sha512 followed', file: 'lib/store/layout/layout.ts', from: "['', 'sha256', 'sha384', 'sha512']", to: "['', 'sha256', 'sha384']", specs: ['spec/stores/special-files.spec.ts'] },
  { name: 'link at a directory of sha384 followed', file: 'lib/store/layout/layout.ts', from: "['', 'sha256', 'sha384', 'sha512']", to: "['', 'sha256', 'sha512']", specs: ['spec/stores/special-files.spec.ts'] },
  { name: 'lock kept between two works', file: 'lib/store/locks/metadata-lock.ts', from: 'if (--this.#pending > 0) this.#openLock?.pause()', to: 'if (--this.#pending > 0) this.#openLock?.size()', specs: metadataLock },
]
