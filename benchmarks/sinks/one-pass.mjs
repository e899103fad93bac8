/**
 * Pulls an image with the built library into several sinks: `node one-pass.mjs SINKS STORE REFERENCE URL`.
 *
 * SINKS are some of `store,unpack,scan,send,hash`, separated by commas. `scan` searches the content of every entry for a word,
 * `send` uploads the blob to URL, `hash` computes its sha512. Both read the file while the download writes it.
 */
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { open as openFile } from 'node:fs/promises'
import { request } from 'node:http'
import { argv } from 'node:process'
import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { compose, stage } from '../../dist/lib/flow/index.js'
import { tee } from '../../dist/lib/index.js'
import { open } from '../../dist/puller/index.js'

const [sinks = '', store, reference, url] = argv.slice(2)
const has = (name) => sinks.split(',').includes(name)

/** Searches for a word that does not occur. A word that spans two chunks would not be found; the amount of work is the same. */
async function onEntry({ content }) {
  for await (const chunk of content) if (chunk.indexOf('BEGIN PRIVATE KEY') >= 0) throw new Error('found it')
}

/** Yields the bytes of a download while its file grows. */
async function* follow({ path, arriving: { file } }) {
  let state = file.state
  let wake = () => undefined
  const watching = file.states.subscribe((next) => {
    state = next
    wake()
  })
  const handle = await openFile(path)
  try {
    for (let at = 0; ;) {
      if (state.error) throw state.error
      if (at < state.length) {
        const { bytesRead, buffer } = await handle.read(
          Buffer.allocUnsafe(1 << 20),
          0,
          Math.min(1 << 20, state.length - at),
          at,
        )
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      } else if (state.phase !== 'growing') return
      else await new Promise((resolve) => (wake = resolve))
    }
  } finally {
    watching.unsubscribe()
    await handle.close()
  }
}

async function bytesOn(layer) {
  const put = has('send') && request(url, { method: 'PUT' })
  const answered =
    put &&
    new Promise((resolve, reject) => put.on('response', (r) => finished(r.resume()).then(resolve, reject)))
  const hash = has('hash') && createHash('sha512')
  const hashing = hash && new Writable({ write: (chunk, _, done) => void (hash.update(chunk), done()) })
  await tee(Readable.from(follow(layer), { objectMode: false }), [put, hashing].filter(Boolean))
  await answered
}

/** The promises of `bytesOn` for all layers. Layers are passed on at once, and the pull waits for the promises at its end. */
const passing = []
const follows = stage((layer) => {
  if (layer.arriving) passing.push(bytesOn(layer))
  return layer
})

const windlass = await open({ store })
await windlass.pull(reference, {
  unpack: has('unpack') || has('scan'),
  ...(has('scan') && { onEntry }),
  ...((has('send') || has('hash')) && { stages: (bound) => ({ verify: compose(follows, bound.verify) }) }),
}).done
await Promise.all(passing)
await windlass.close()
