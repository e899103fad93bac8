/**
 * Pulls an image with the built library into several sinks: `node one-pass.mjs SINKS STORE REFERENCE URL`.
 *
 * SINKS are some of `store,unpack,scan,send,hash`, separated by commas. `scan` searches the content of every entry for a word,
 * `send` uploads the blob to URL, `hash` computes its sha512. Both read the file while the download writes it.
 */
import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { argv } from 'node:process'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { compose, stage } from '../../dist/lib/flow/index.js'
import { tee } from '../../dist/lib/index.js'
import { followLayer } from '../../dist/lib/stages/index.js'
import { open } from '../../dist/puller/index.js'

const [sinks = '', store, reference, url] = argv.slice(2)
const has = (name) => sinks.split(',').includes(name)

/** Searches for a word that does not occur. A word that spans two chunks would not be found; the amount of work is the same. */
async function onEntry({ content }) {
  for await (const chunk of content) if (chunk.indexOf('BEGIN PRIVATE KEY') >= 0) throw new Error('found it')
}

async function bytesOn(blob) {
  const put = has('send') && request(url, { method: 'PUT' })
  const answered =
    put &&
    new Promise((resolve, reject) => put.on('response', (r) => finished(r.resume()).then(resolve, reject)))
  const hash = has('hash') && createHash('sha512')
  const hashing = hash && new Writable({ write: (chunk, _, done) => void (hash.update(chunk), done()) })
  await tee(blob, [put, hashing].filter(Boolean))
  await answered
}

/** Passes each layer on at once, and sends and hashes it meanwhile. The pull waits for both. */
const follows = stage(
  async function* (layer) {
    const blob = await followLayer(layer)
    yield layer
    await bytesOn(blob)
  },
  { name: 'send-and-hash' },
)

const windlass = await open({ store })
await windlass.pull(reference, {
  unpack: has('unpack') || has('scan'),
  ...(has('scan') && { onEntry }),
  ...((has('send') || has('hash')) && { stages: (bound) => ({ verify: compose(follows, bound.verify) }) }),
}).done
await windlass.close()
