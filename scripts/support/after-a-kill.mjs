/**
 * Checks a store after a pull into it was killed, and the cost of the next pull. Used by kill-sweep.mjs and
 * kill-random.mjs.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { open } from '../../dist/puller/index.js'

/** Returns the names in a directory; none if it does not exist. */
export const listing = (...parts) => {
  try {
    return readdirSync(join(...parts))
  } catch {
    return []
  }
}

const at = (store, folder, digest) => join(store, folder, ...digest.split(':'))

/** Returns the parts of the image `wanted` that are in the store now, read without a lock. */
export function remains(store, wanted) {
  const blobs = new Set(listing(store, 'blobs', 'sha256').map((hex) => `sha256:${hex}`))
  const layers = wanted.layers.filter(({ diffID }) => existsSync(at(store, 'layers', diffID)))
  /** Number of bytes of each interrupted download. */
  const kept = new Map()
  for (const { digest } of wanted.layers) {
    const found = lstatSync(at(store, 'partial', digest), { throwIfNoEntry: false })
    if (found?.isFile() && found.size > 0) kept.set(digest, found.size)
  }
  // Blobs in the store must not be fetched again, nor layers to which a blob has a pointer.
  return { blobs, layers, kept, committed: new Set([...blobs, ...layers.map(({ digest }) => digest)]) }
}

/** Maximum size of response headers. The test registry never sends more. */
const headerBytes = 1024

/**
 * Checks the store after a kill. Returns the violations, and the bytes that the next pull resumed.
 *
 * `names.earlier` is an image that existed before, and `images.earlier` its content; both are undefined if there was
 * none. `names.wanted` is the image whose pull was killed.
 */
export async function look({ store, registry, names, images, platform }) {
  const wrong = []
  const must = (what, holds) => holds || wrong.push(what)
  const { wanted, earlier } = images
  const { committed, kept } = remains(store, wanted)

  const windlass = await open({ store, retries: 1 })
  // `oci-layout` is written last when a store is made. Without it, the store did not exist and must be empty.
  if (earlier || existsSync(join(store, 'oci-layout'))) {
    const first = await windlass.verify()
    must(`verify: ${first.problems.map(({ why }) => why).join('; ')}`, first.problems.length === 0)
    must(`unexpectedPaths: ${first.unexpectedPaths.join(', ')}`, first.unexpectedPaths.length === 0)
  } else must('there is content although the store was not created', committed.size + kept.size === 0)
  if (earlier) {
    const isListed = (await windlass.images()).some(({ name, size }) => name === names.earlier && size)
    must('the earlier image is missing', isListed)
  }
  await windlass.close()
  must(`staging: ${listing(store, 'staging').join(', ')}`, listing(store, 'staging').length === 0)

  const { length: from } = registry.requests
  const { bytesSent } = registry
  const reopened = await open({ store, retries: 1 })
  await reopened.pull(names.wanted, { platform }).done.catch((error) => wrong.push(`pull: ${error.message}`))
  wrong.push(...overspent({ wanted, committed, kept, registry, from, bytesSent }))
  const last = await reopened.verify()
  must(`verify after: ${last.problems.map(({ why }) => why).join('; ')}`, last.problems.length === 0)
  const trees = new Set([...wanted.layers, ...(earlier?.layers ?? [])].map(({ diffID }) => diffID)).size
  must(`there are ${last.trees} trees, and should be ${trees}`, last.trees === trees)
  await reopened.close()

  const collector = await open({ store })
  const { removed } = await collector.collect()
  must(`to collect: ${removed.map(({ digest }) => digest).join(', ')}`, removed.length === 0)
  await collector.close()
  for (const folder of ['partial/sha256', 'staging']) {
    const left = listing(store, folder)
    must(`${folder}: ${left.join(', ')}`, left.length === 0)
  }
  const hiddenFiles = listing(store).filter((name) => name.startsWith('.'))
  must(`left in the store: ${hiddenFiles.join(', ')}`, hiddenFiles.length === 0)

  const resumed = [...kept].filter(([digest]) => !committed.has(digest)).map(([, bytes]) => bytes)
  return { wrong, resumed: resumed.reduce((sum, bytes) => sum + bytes, 0) }
}

/** Returns what the pull that began with request `from` fetched beyond the missing parts. */
function overspent({ wanted, committed, kept, registry, from, bytesSent }) {
  const wrong = []
  const requests = registry.requests.slice(from)
  const gets = requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET')
  const refetched = gets.filter(({ reference }) => committed.has(reference))
  if (refetched.length > 0)
    wrong.push(`fetched again: ${refetched.map(({ reference }) => reference).join(', ')}`)

  let expected = 0
  for (const { digest, size } of new Map(wanted.layers.map((layer) => [layer.digest, layer])).values()) {
    if (committed.has(digest)) continue
    const had = kept.get(digest) ?? 0
    expected += size - had
    if (had === 0) continue
    const ranges = gets.filter(({ reference }) => reference === digest).map(({ headers }) => headers.range)
    const should = had === size ? [] : [`bytes=${had}-`]
    if (ranges.join() !== should.join())
      wrong.push(`${digest}: the store had ${had} of ${size} bytes, but “${ranges.join()}” was requested`)
  }
  if (gets.some(({ reference }) => reference === wanted.config.digest)) expected += wanted.config.size
  const documents = requests.filter(({ kind, method }) => kind === 'manifest' && method === 'GET')
  expected += documents.length * wanted.manifest.size
  const spent = registry.bytesSent - bytesSent
  if (spent < expected || spent > expected + requests.length * headerBytes)
    wrong.push(`the next pull fetched ${spent} bytes, although ${expected} were missing`)
  return wrong
}
