/** Images that the real cosign signed, in a real registry: what is accepted, and each way of spoiling it. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf, mediaTypes, referrersTag } from '../../lib/image/index.js'
import { registrySink } from '../../lib/sinks/index.js'
import { type BuiltImage, tinyImage } from '../../lib/testing/images/index.js'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { type CosignSigner, cosignSigner } from '../../testbench/harness/cosign.js'
import { type Distribution, startDistribution } from '../../testbench/harness/distribution.js'
import { workspace } from '../../testbench/harness/workspace.js'

const image = tinyImage()
const otherImage = tinyImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
const { digest } = image.manifest

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Record<string, string>
}
interface Manifest {
  readonly manifests: readonly Descriptor[]
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
}

describeReal(
  'signatures of the real cosign',
  () => {
    let registry: Distribution
    let signer: CosignSigner
    let stranger: CosignSigner
    beforeAll(async () => {
      registry = await startDistribution()
      ;[signer, stranger] = await Promise.all([cosignSigner(), cosignSigner()])
    }, 120_000)
    afterAll(() => Promise.all([registry.stop(), signer.close(), stranger.close()]))

    let made = 0
    /** A new repository with an image under the tag 1. */
    async function repository(built: BuiltImage = image): Promise<string> {
      const name = `${registry.host}/team/app${++made}`
      const sink = registrySink(name)
      for (const blob of [built.config, ...built.layers])
        await sink.putBlob(blob, () => Promise.resolve(Readable.from([blob.bytes], { objectMode: false })))
      await sink.putManifest(built.manifest.bytes, built.manifest, { tag: '1' })
      await sink.close()
      return name
    }
    const url = (name: string, ...path: readonly string[]): string =>
      [`http://${registry.host}/v2`, name.slice(registry.host.length + 1), ...path].join('/')
    const accept = { accept: `${mediaTypes.ociManifest}, ${mediaTypes.ociIndex}` }
    const manifestAt = async (name: string, reference: string): Promise<Manifest> =>
      (await (await fetch(url(name, 'manifests', reference), { headers: accept })).json()) as Manifest
    async function put(name: string, content: object | Buffer, tag?: string): Promise<Descriptor> {
      const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
      const isManifest = !Buffer.isBuffer(content)
      const mediaType = isManifest
        ? ((content as { mediaType?: string }).mediaType ?? mediaTypes.ociManifest)
        : 'application/octet-stream'
      const about = { mediaType, digest: digestOf(bytes), size: bytes.length }
      const sink = registrySink(name)
      if (isManifest) await sink.putManifest(bytes, about, tag === undefined ? {} : { tag })
      else await sink.putBlob(about, () => Promise.resolve(Readable.from([bytes], { objectMode: false })))
      await sink.close()
      return about
    }
    /** Replaces the content of a signature of cosign by what `change` makes of it, with all digests right. */
    async function respoil(name: string, change: (content: string) => string): Promise<void> {
      const tag = referrersTag(digest)
      const index = await manifestAt(name, tag)
      const signature = await manifestAt(name, index.manifests[0]!.digest)
      const [layer] = signature.layers
      const content = await (await fetch(url(name, 'blobs', layer!.digest))).text()
      const blob = await put(name, Buffer.from(change(content)))
      const layers = [{ ...layer!, digest: blob.digest, size: blob.size }]
      const spoilt = await put(name, { ...signature, layers })
      await put(
        name,
        { ...index, manifests: [{ ...index.manifests[0]!, digest: spoilt.digest, size: spoilt.size }] },
        tag,
      )
    }
    const pull = async (name: string, ...args: readonly string[]) => {
      const { path } = await workspace()
      const store = path('store')
      const before = (await registry.requests()).length
      const result = await runWindlass(['pull', '--json', '--store', store, ...args, `${name}:1`])
      const requests = (await registry.requests()).slice(before)
      const own = [image.config, ...image.layers].map((blob) => `/blobs/${blob.digest}`)
      const layers = requests.filter(({ path: asked }) => own.some((blob) => asked.endsWith(blob)))
      return { result, layers, store }
    }

    it.each(['bundle', 'simple-signing'] as const)('by a key are accepted: %s', async (form) => {
      const name = await repository()
      await signer.sign(`${name}@${digest}`, form)
      const { result } = await pull(
        name,
        '--verify-key',
        stranger.publicKey,
        '--verify-key',
        signer.publicKey,
      )
      expectExit(result, 0)
      expect(JSON.parse(result.stdout)).toMatchObject({ digest })
      const listed = await runWindlass(['referrers', '--json', `${name}:1`])
      expect(JSON.parse(listed.stdout)).toMatchObject({ referrers: [{ kind: 'signature', subject: digest }] })
    })

    it.each(['bundle', 'simple-signing'] as const)('satisfy a policy file: %s', async (form) => {
      const name = await repository()
      const { path } = await workspace()
      const policy = path('policy.json')
      const signed = { type: 'sigstoreSigned', keyPath: signer.publicKey }
      const repositories = {
        [name]: [
          { ...signed, ...(form === 'simple-signing' && { signedIdentity: { type: 'matchRepository' } }) },
        ],
      }
      await writeFile(
        policy,
        JSON.stringify({ default: [{ type: 'reject' }], transports: { docker: repositories } }),
      )
      const check = () => runWindlass(['policy', 'check', '--policy', policy, `${name}:1`])
      expect((await check()).stderr).toContain('it is not signed')
      await signer.sign(`${name}@${digest}`, form)
      const result = await check()
      expectExit(result, 0)
      expect(result.stdout).toContain(`(${form}) of ${digest}`)
    })

    it.each<[string, string, (name: string) => Promise<unknown>]>([
      ['nobody signed', 'it is not signed', () => Promise.resolve()],
      ['another key signed', 'which is not the required one', (name) => stranger.sign(`${name}@${digest}`)],
      [
        'another key signed in the older form',
        'not made with the required key',
        (name) => stranger.sign(`${name}@${digest}`, 'simple-signing'),
      ],
      [
        'has a changed payload',
        'it is not one of its content',
        async (name) => {
          await signer.sign(`${name}@${digest}`)
          await respoil(name, (content) => {
            const bundle = JSON.parse(content) as { dsseEnvelope: { payload: string } }
            const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()
            bundle.dsseEnvelope.payload = Buffer.from(payload.replace('{}}', '{"more":1}}')).toString(
              'base64',
            )
            return JSON.stringify(bundle)
          })
        },
      ],
      [
        'has a truncated bundle',
        'Failed to parse',
        async (name) => {
          await signer.sign(`${name}@${digest}`)
          await respoil(name, (content) => content.slice(0, -50))
        },
      ],
      [
        'has the signature of another image',
        'not for',
        async (name) => {
          const other = await repository(otherImage)
          await signer.sign(`${other}@${otherImage.manifest.digest}`)
          const index = await manifestAt(other, referrersTag(otherImage.manifest.digest))
          const signature = await manifestAt(other, index.manifests[0]!.digest)
          const blob = Buffer.from(
            await (await fetch(url(other, 'blobs', signature.layers[0]!.digest))).arrayBuffer(),
          )
          for (const bytes of [blob, Buffer.from('{}')]) await put(name, bytes)
          const moved = await put(name, { ...signature, subject: { ...signature.subject!, digest } })
          await put(
            name,
            { ...index, manifests: [{ ...index.manifests[0]!, ...moved }] },
            referrersTag(digest),
          )
        },
      ],
      [
        'lost its signature',
        'it is not signed',
        async (name) => {
          await signer.sign(`${name}@${digest}`)
          const tag = referrersTag(digest)
          await put(name, { ...(await manifestAt(name, tag)), manifests: [] }, tag)
        },
      ],
    ])('refuse, before a layer is requested, an image that %s', async (_, message, spoil) => {
      const name = await repository()
      await spoil(name)
      const { result, layers, store } = await pull(name, '--verify-key', signer.publicKey)
      expect(result.exit).toBe(5)
      expect(result.stderr.toLowerCase()).toContain(message.toLowerCase())
      expect(layers).toEqual([])
      expectExit(await runWindlass(['images', '--json', '--store', store]), 0)
      expect((await runWindlass(['images', '--json', '--store', store])).stdout).not.toContain(digest)
      expect(existsSync(join(store, 'layers', 'sha256'))).toBe(false)
    })

    it('go along in a copy, and cosign verifies them there', async () => {
      const name = await repository()
      const { path } = await workspace()
      const predicate = path('sbom.json')
      await writeFile(predicate, JSON.stringify({ spdxVersion: 'SPDX-2.3', name: 'test' }))
      await signer.sign(`${name}@${digest}`)
      await signer.attest(`${name}@${digest}`, predicate)
      const target = `${registry.host}/mirror/app${made}:2`
      const keys = ['--verify-key', signer.publicKey]
      expectExit(await runWindlass(['copy', '-q', '--referrers', ...keys, `${name}:1`, target]), 0)
      const { result } = await pull(target.replace(/:2$/, ''), ...keys)
      expect(result.exit).toBe(4) // there is no tag 1
      expectExit(await runWindlass(['policy', 'check', ...keys, target]), 0)
      const sbom = await runWindlass(['referrers', '--fetch', 'sbom', '--payload', target])
      expect(sbom.stdout).toContain('SPDX-2.3')
      await signer.verify(`${target.replace(/:2$/, '')}@${digest}`)
    })
  },
  ['cosign'],
)
