/**
 * Fetches an image as a short program would: asks for the manifest and then for one blob after the other, hashes each and
 * writes it to a file. `node naive-loop.mjs HOST/REPOSITORY:TAG DIRECTORY`.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { text } from 'node:stream/consumers'

const [, host, repository, tag] = /^([^/]+)\/(.+):([^:]+)$/.exec(argv[2])
const agent = new Agent({ keepAlive: true })
const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }

const request = (path) =>
  new Promise((resolve, reject) => {
    get(`http://${host}/v2/${repository}/${path}`, { agent, headers }, resolve).on('error', reject)
  })

const { config, layers } = JSON.parse(await text(await request(`manifests/${tag}`)))
for (const { digest } of [config, ...layers]) {
  const hash = createHash('sha256')
  const body = await request(`blobs/${digest}`)
  body.on('data', (chunk) => hash.update(chunk))
  await pipeline(body, createWriteStream(join(argv[3], digest.replace(':', '-'))))
  if (`sha256:${hash.digest('hex')}` !== digest) throw new Error(`${digest} is damaged`)
}
agent.destroy()
