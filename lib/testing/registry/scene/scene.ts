/**
 * Starts the servers for a test of any client with a catalogued fault: a registry that requires a login and has an
 * image, and another origin with the same blobs. Both log their requests. After the client has run, `findings` returns
 * its violations.
 */
import { randomBytes } from 'node:crypto'
import { digestOf } from '../../../image/digest/digest.js'
import { buildImage, type BuiltImage } from '../../images/build-image.js'
import { putImage } from '../../images/put-image.js'
import { testCertificate } from '../certificate.js'
import { startRegistry } from '../start.js'
import type { CataloguedFault, FaultScene } from './catalogued.js'
import { findings } from './findings.js'
import { seededIntegers } from './seeded.js'

/** Size of the file in the large layer in bytes: more than one read from a socket returns, but fast to pull. */
const fileSize = 96 * 1024
const repository = 'team/app'
const tag = 'v1'

/**
 * Starts the servers and installs the fault.
 * @param seed determines the content of the image and the positions of faults within it
 */
export async function startFaultScene(fault: CataloguedFault, seed = 1): Promise<FaultScene> {
  const random = seededIntegers(`${fault.id} ${seed}`)
  const image = imageOf(seed)
  const { tls, trusted = true, elsewhere: scheme, auth, by } = fault.setting
  const certificate = tls && testCertificate(tls)
  const secure = certificate && { tls: certificate }
  const login = { username: 'someone', password: `pl4nted-${randomBytes(12).toString('hex')}` }
  const registry = await startRegistry({ auth: { kind: 'token', ...login, ...auth }, ...secure })
  const elsewhere = await startRegistry(scheme === 'http' ? {} : secure)
  const signature = `s1gned-${randomBytes(12).toString('hex')}`
  const layer = image.layers[0]?.digest ?? image.config.digest
  const { mediaType: type, bytes } = image.manifest
  let manifest = bytes
  const publish = (other: unknown, mediaType = type): void => {
    manifest = Buffer.isBuffer(other) ? other : Buffer.from(JSON.stringify(other))
    registry.putManifest(repository, tag, manifest, mediaType)
  }
  for (const each of [registry, elsewhere]) await putImage(each, repository, tag, image)

  const scene: FaultScene = {
    ...{ fault, registry, elsewhere, image, repository, login, layer, random, publish },
    reference: `${registry.host}/${repository}${by === 'digest' ? `@${digestOf(bytes)}` : `:${tag}`}`,
    ca: trusted ? certificate?.cert : undefined,
    config: image.config.digest,
    size: image.layers[0]?.size ?? 0,
    signedUrl: `${elsewhere.url}/v2/${repository}/blobs/${layer}?X-Amz-Signature=${signature}`,
    manifest: () => JSON.parse(manifest.toString()) as Record<string, unknown>, // built from an object
    digests: () => [digestOf(manifest), ...image.blobs.keys()],
    secrets: () => [
      login.password,
      Buffer.from(`${login.username}:${login.password}`).toString('base64'),
      signature,
      ...registry.tokens,
    ],
    traffic: () => ({
      requests: registry.requests.length,
      elsewhere: elsewhere.requests.length,
      bytes: registry.bytesSent + elsewhere.bytesSent,
    }),
    findings: () => [...findings(scene), ...(fault.check?.(scene) ?? [])],
    endFault: () => {
      registry.clearFaults()
      elsewhere.clearFaults()
      publish(bytes)
    },
    close: async () => {
      await registry.close()
      await elsewhere.close()
    },
  }
  fault.install(scene)
  return scene
}

const images = new Map<number, BuiltImage>()

/** Returns an image with two layers. The content of the first one cannot be compressed. */
function imageOf(seed: number): BuiltImage {
  const random = seededIntegers(`image ${seed}`)
  const noise = Buffer.from(Array.from({ length: fileSize }, () => random(256)))
  const image =
    images.get(seed) ??
    buildImage({
      layers: [
        { entries: [{ path: 'noise', content: noise }] },
        { entries: [{ path: 'etc/' }, { path: 'etc/motd', content: `image ${seed}\n` }] },
      ],
    })
  images.set(seed, image)
  return image
}
