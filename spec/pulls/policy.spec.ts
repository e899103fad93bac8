/** Pulls, copies and unpacking under a policy: what is refused costs no layer and leaves nothing. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type OpenOptions, type PolicyOptions, type Windlass, open } from '../../lib/index.js'
import { referrersTag } from '../../lib/image/index.js'
import { buildIndex, putImage, tinyImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, startRegistry } from '../../lib/testing/registry/index.js'
import { listUnderTag, putArtifact } from '../support/artifacts.js'
import {
  type Authorities,
  authorities,
  bundleArtifact,
  ecdsa,
  identity,
  keyBundle,
  pemOf,
  statementOf,
} from '../support/signing.js'

const image = tinyImage()
const index = buildIndex([image]).manifest
const keys = ecdsa()
const keyPolicy = { keys: pemOf(keys.publicKey) }

let work: string
let registry: TestRegistry
let ours: Authorities
let stores = 0
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'windlass-policy-'))
  ours = await authorities()
})
afterAll(() => rmSync(work, { recursive: true }))
beforeEach(async () => {
  registry = await startRegistry({ push: true })
  await putImage(registry, 'team/app', '1', image)
  registry.putManifest('team/app', 'index', index.bytes, index.mediaType)
  return () => registry.close()
})

const name = (tag = '1'): string => `${registry.host}/team/app:${tag}`

/** Signs a manifest in the registry. */
function signed(
  digest = image.manifest.digest,
  bundle: unknown = keyBundle(statementOf(digest), keys),
): void {
  const artifact = bundleArtifact(digest, bundle)
  putArtifact(registry, 'team/app', artifact)
  listUnderTag(registry, 'team/app', referrersTag(digest), [artifact])
}

async function withStore<T>(
  policy: PolicyOptions | undefined,
  body: (windlass: Windlass, store: string) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const store = join(work, String(++stores))
  const windlass = await open({ store, retryDelay: 1, ...options, ...(policy && { policy }) })
  try {
    return await body(windlass, store)
  } finally {
    await windlass.close()
  }
}

/** The requests for blobs of the image. */
const layerRequests = (): number => {
  const own = [image.config.digest, ...image.layers.map(({ digest }) => digest)] as readonly string[]
  return registry.requests.filter(({ kind, reference }) => kind === 'blob' && own.includes(reference)).length
}

describe('a pull under a policy', () => {
  it('pulls what is signed by the key', async () => {
    signed()
    await withStore(keyPolicy, async (windlass) => {
      expect(await windlass.pull(name()).done).toMatchObject({ digest: image.manifest.digest })
    })
  })

  it('pulls the image of a signed index, and of an index whose image is signed', async () => {
    signed(index.digest)
    await withStore(keyPolicy, (windlass) => windlass.pull(name('index'), { platform: 'linux/amd64' }).done)
    await registry.close()
    registry = await startRegistry()
    await putImage(registry, 'team/app', '1', image)
    registry.putManifest('team/app', 'index', index.bytes, index.mediaType)
    signed()
    await withStore(keyPolicy, (windlass) => windlass.pull(name('index'), { platform: 'linux/amd64' }).done)
  })

  it('pulls what an identity signed', async () => {
    signed(image.manifest.digest, await ours.sign(statementOf(image.manifest.digest)))
    await withStore({ identity, trustRoot: ours.trustRoot }, (windlass) => windlass.pull(name()).done)
  })

  it.each<[string, (windlass: Windlass, target: string) => Promise<unknown>]>([
    ['pull', (windlass) => windlass.pull(name()).done],
    ['pull without unpacking', (windlass) => windlass.pull(name(), { unpack: false }).done],
    ['unpack', (windlass, target) => windlass.unpack(name(), target).done],
    ['copy to a layout', (windlass, target) => windlass.copy(name(), `oci:${target}`).done],
    ['copy to a registry', (windlass) => windlass.copy(name(), `${registry.host}/team/copy:1`).done],
    [
      'pull of all platforms',
      (windlass) => windlass.pullAllPlatforms(name('index'), { failFast: true }).done,
    ],
    [
      'pull whose stages are replaced',
      (windlass) => windlass.pull(name(), { stages: ({ onImage, plan }) => ({ onImage, plan }) }).done,
    ],
  ])('refuses a %s before any layer, and leaves nothing', async (_, work) => {
    await withStore(keyPolicy, async (windlass, store) => {
      const target = `${store}-target`
      await expect(work(windlass, target)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
      expect(layerRequests()).toBe(0)
      expect(existsSync(target)).toBe(false)
      expect(await windlass.images()).toEqual([])
      expect(registry.requests.some(({ method }) => method === 'PUT' || method === 'POST')).toBe(false)
    })
  })

  it('refuses to unpack from the store what is not signed', async () => {
    const store = join(work, String(++stores))
    await withStore(undefined, (windlass) => windlass.pull(name()).done, { store })
    await withStore(
      keyPolicy,
      (windlass) =>
        expect(windlass.unpack(name(), `${store}-tree`).done).rejects.toMatchObject({
          code: 'SIGNATURE_MISSING',
        }),
      { store },
    )
    signed()
    const before = layerRequests()
    await withStore(keyPolicy, (windlass) => windlass.unpack(name(), `${store}-tree`).done, { store })
    expect(layerRequests()).toBe(before)
  })

  it('takes the policy of a pull in place of that of the puller', async () => {
    signed()
    const others = { keys: pemOf(ecdsa().publicKey) }
    await withStore(others, async (windlass) => {
      await expect(windlass.pull(name()).done).rejects.toMatchObject({ code: 'SIGNATURE_UNTRUSTED' })
      expect(layerRequests()).toBe(0)
      await windlass.pull(name(), { policy: keyPolicy }).done
    })
  })

  it('tries again if the registry fails', async () => {
    signed()
    let failures = 0
    registry.hook(({ kind, reference }) =>
      kind === 'manifest' && reference.startsWith('sha256-') && failures++ === 0
        ? { status: 503, headers: {}, body: Buffer.alloc(0) }
        : undefined,
    )
    await withStore(keyPolicy, (windlass) => windlass.pull(name()).done)
  })
})

describe('a policy file', () => {
  const policyFile = (policy: unknown): PolicyOptions => {
    const file = join(work, `policy-${++stores}.json`)
    writeFileSync(file, JSON.stringify(policy))
    return { file }
  }

  it('accepts and rejects by scope, and says why', async () => {
    writeFileSync(join(work, 'cosign.pub'), pemOf(keys.publicKey))
    const policy = policyFile({
      default: [{ type: 'reject' }],
      transports: {
        docker: {
          [`${registry.host}/team`]: [{ type: 'sigstoreSigned', keyPath: 'cosign.pub' }],
          [`${registry.host}/open`]: [{ type: 'insecureAcceptAnything' }],
        },
      },
    })
    await putImage(registry, 'open/app', '1', image)
    await putImage(registry, 'other/app', '1', image)
    await withStore(policy, async (windlass) => {
      await windlass.pull(`${registry.host}/open/app:1`).done
      await expect(windlass.pull(`${registry.host}/other/app:1`).done).rejects.toMatchObject({
        code: 'POLICY_REJECTED',
        message: expect.stringContaining('the default of') as string,
      })
      await expect(windlass.artifacts.check(name())).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
      signed()
      expect(await windlass.artifacts.check(name())).toMatchObject({
        ...{ digest: image.manifest.digest, signatures: [{ form: 'bundle' }] },
        origin: expect.stringContaining(`docker:${registry.host}/team`) as string,
      })
    })
  })

  it.each<[string, PolicyOptions]>([
    ['a missing file', { file: '/no/such/policy.json' }],
    ['two kinds', { file: '/etc/passwd', keys: keyPolicy.keys }],
    ['an identity without a trust root', { identity }],
    ['no key', { keys: 'ssh-rsa AAAA' }],
    ['nothing', {}],
  ])('is checked when the puller opens: %s', async (_, policy) => {
    await expect(open({ store: join(work, 'never'), policy })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
