/**
 * What a store must be like after a pull into it was killed, and what the next pull may cost: shared by the sweep over
 * system calls and the one over random moments.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { open } from '../../dist/puller/index.js'

/** The names in a directory; none where it is not there. */
export const listing = (...parts) => {
  try {
    return readdirSync(join(...parts))
  } catch {
    return []
  }
}

const at = (store, folder, digest) => join(store, folder, ...digest.split(':'))

/** What of the image `wanted` is in the store at this moment, read from the disk with no lock taken. */
export function remains(store, wanted) {
  const blobs = new Set(listing(store, 'blobs', 'sha256').map((hex) => `sha256:${hex}`))
  const layers = wanted.layers.filter(({ diffID }) => existsSync(at(store, 'layers', diffID)))
  /** Bytes of each download that was interrupted. */
  const kept = new Map()
  for (const { digest } of wanted.layers) {
    const found = lstatSync(at(store, 'partial', digest), { throwIfNoEntry: false })
    if (found?.isFile() && found.size > 0) kept.set(digest, found.size)
  }
  // What is there at the kill must not come again: blobs, and layers by the blobs that lead to them.
  return { blobs, layers, kept, committed: new Set([...blobs, ...layers.map(({ digest }) => digest)]) }
}

/** Headers of an answer; more than the test registry ever sends. */
const headerBytes = 1024

/**
 * What is wrong with the store after a kill, in words, with what the next pull resumed.
 *
 * `names.earlier` is the image that was there before, `images.earlier` what is in it, both undefined where nothing was;
 * `names.wanted` is the one whose pull was killed.
 */
export async function look({ store, registry, names, images, platform }) {
  const wrong = []
  const must = (what, holds) => holds || wrong.push(what)
  const { wanted, earlier } = images
  const { committed, kept } = remains(store, wanted)

  const windlass = await open({ store, retries: 1 })
  // `oci-layout` comes last when a store is made: without it there was no store yet, and nothing may be in it.
  if (earlier || existsSync(join(store, 'oci-layout'))) {
    const first = await windlass.verify()
    must(`verify: ${first.problems.map(({ why }) => why).join('; ')}`, first.problems.length === 0)
    must(`unexpectedPaths: ${first.unexpectedPaths.join(', ')}`, first.unexpectedPaths.length === 0)
  } else must('something is in what is no store', committed.size + kept.size === 0)
  if (earlier) {
    const there = (await windlass.images()).some(({ name, size }) => name === names.earlier && size)
    must('the earlier image is gone', there)
  }
  await windlass.close()
  must(`staging: ${listing(store, 'staging').join(', ')}`, listing(store, 'staging').length === 0)

  const { length: from } = registry.requests
  const { bytesSent } = registry
  const again = await open({ store, retries: 1 })
  await again.pull(names.wanted, { platform }).done.catch((error) => wrong.push(`pull: ${error.message}`))
  wrong.push(...overspent({ wanted, committed, kept, registry, from, bytesSent }))
  const last = await again.verify()
  must(`verify after: ${last.problems.map(({ why }) => why).join('; ')}`, last.problems.length === 0)
  const trees = new Set([...wanted.layers, ...(earlier?.layers ?? [])].map(({ diffID }) => diffID)).size
  must(`there are ${last.trees} trees, and should be ${trees}`, last.trees === trees)
  await again.close()

  const collector = await open({ store })
  const { removed } = await collector.collect()
  must(`to collect: ${removed.map(({ digest }) => digest).join(', ')}`, removed.length === 0)
  await collector.close()
  for (const folder of ['partial/sha256', 'staging']) {
    const left = listing(store, folder)
    must(`${folder}: ${left.join(', ')}`, left.length === 0)
  }
  const odd = listing(store).filter((name) => name.startsWith('.'))
  must(`left in the store: ${odd.join(', ')}`, odd.length === 0)

  const resumed = [...kept].filter(([digest]) => !committed.has(digest)).map(([, bytes]) => bytes)
  return { wrong, resumed: resumed.reduce((sum, bytes) => sum + bytes, 0) }
}

/** What the pull that began with request `from` fetched beyond what was missing. */
function overspent({ wanted, committed, kept, registry, from, bytesSent }) {
  const wrong = []
  const requests = registry.requests.slice(from)
  const gets = requests.filter(({ kind, method }) => kind === 'blob' && method === 'GET')
  const twice = gets.filter(({ reference }) => committed.has(reference))
  if (twice.length > 0) wrong.push(`fetched again: ${twice.map(({ reference }) => reference).join(', ')}`)

  let expected = 0
  for (const { digest, size } of new Map(wanted.layers.map((layer) => [layer.digest, layer])).values()) {
    if (committed.has(digest)) continue
    const had = kept.get(digest) ?? 0
    expected += size - had
    if (had === 0) continue
    const said = gets.filter(({ reference }) => reference === digest).map(({ headers }) => headers.range)
    const should = had === size ? [] : [`bytes=${had}-`]
    if (said.join() !== should.join())
      wrong.push(`${digest}: ${had} of ${size} bytes were here, and it was asked for “${said.join()}”`)
  }
  if (gets.some(({ reference }) => reference === wanted.config.digest)) expected += wanted.config.size
  const documents = requests.filter(({ kind, method }) => kind === 'manifest' && method === 'GET')
  expected += documents.length * wanted.manifest.size
  const spent = registry.bytesSent - bytesSent
  if (spent < expected || spent > expected + requests.length * headerBytes)
    wrong.push(`the pull after it took ${spent} bytes for the ${expected} that were missing`)
  return wrong
}
