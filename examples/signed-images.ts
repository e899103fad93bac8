/**
 * Pulls an image only if it is signed by a key. The policy is a stage: it stands at the place for policies, beside others.
 *
 *     npx tsx examples/signed-images.ts [IMAGE] [PUBLIC-KEY]      (no image: one from an embedded registry, not signed)
 */
import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { WindlassError, open, parsePublicKeys, requireSigned } from 'windlass'
import { compose } from 'windlass/flow'
import { type PlannedImage, documentRetryPolicy, enforcePolicy } from 'windlass/stages'
import { exampleImage } from './an-image.js'

const [, , image, keyFile] = process.argv
const { name, store, requests, close } = await exampleImage(image)
const pem =
  keyFile === undefined
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString()
    : await readFile(keyFile, 'utf8')
const keys = parsePublicKeys(pem, keyFile ?? 'a new key')
const policy = requireSigned({ signer: { kind: 'keys', keys } }, 'this program')
const signed = enforcePolicy<PlannedImage>(policy, { retry: documentRetryPolicy })

const windlass = await open({ store })
try {
  const pulled = await windlass.pull(name, {
    stages: (bound) => ({ onImage: compose(bound.onImage, signed) }),
  }).done
  console.log(`${pulled.name} is signed`)
} catch (error) {
  if (!(error instanceof WindlassError)) throw error
  console.log(`${error.code}: ${error.message}`)
}
const own = requests().filter((url) => url.includes('/blobs/'))
console.log(`${own.length} requests for blobs`)
await windlass.close()
await close()
