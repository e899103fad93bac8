/** Syncs between real registries, beside `skopeo sync` with the same list. */
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Descriptor, hexOf, mediaTypes, digestOf } from '../../lib/image/index.js'
import { layoutSource } from '../../lib/sources/index.js'
import { registrySink } from '../../lib/sinks/index.js'
import { type BuiltImage, type BuiltIndex, buildImage, buildIndex } from '../../lib/testing/images/index.js'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { type Distribution, startDistribution } from '../../testbench/harness/distribution.js'
import { skopeo } from '../../testbench/harness/skopeo.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { opening } from '../support/with-target.js'

/** An image with compressed layers: skopeo compresses others, and so changes the manifest. */
const image = (part: string, architecture = 'amd64'): BuiltImage =>
  buildImage({
    platform: { os: 'linux', architecture },
    layers: [
      { entries: [{ path: 'base', content: 'shared by all' }] },
      { entries: [{ path: part, content: part.repeat(1_000) }] },
    ],
  })
const amd = image('amd')
const arm = image('arm', 'arm64')
const index = buildIndex([amd, arm])
const versions = ['1.0', '1.1', '1.2.0', '2.0-rc1', '2.0', 'edge'] as const

/** Pushes an image, or an index with its images, under tags. */
async function push(
  { host }: Distribution,
  repository: string,
  tags: readonly string[],
  content: BuiltImage | BuiltIndex,
) {
  const sink = registrySink(`${host}/${repository}`)
  const images = 'children' in content ? (content.children as readonly BuiltImage[]) : [content]
  for (const { config, layers, manifest } of images) {
    for (const blob of [config, ...layers]) await sink.putBlob(blob, opening(blob.bytes))
    await sink.putManifest(manifest.bytes, manifest)
  }
  for (const tag of tags) await sink.putManifest(content.manifest.bytes, content.manifest, { tag })
  await sink.close()
}

const tagsOf = async ({ host }: Distribution, repository: string): Promise<string[]> => {
  const response = await fetch(`http://${host}/v2/${repository}/tags/list`)
  const { tags } = (await response.json()) as { tags: string[] | null }
  return (tags ?? []).sort()
}

/** Tags with the digest of each. */
const contentOf = async (
  registry: Distribution,
  repository: string,
): Promise<Record<string, string | null>> =>
  Object.fromEntries(
    await Promise.all(
      (await tagsOf(registry, repository)).map(async (tag) => {
        const accept = [mediaTypes.ociManifest, mediaTypes.ociIndex].join(', ')
        const url = `http://${registry.host}/v2/${repository}/manifests/${tag}`
        const { headers } = await fetch(url, { method: 'HEAD', headers: { accept } })
        return [tag, headers.get('docker-content-digest')] as const
      }),
    ),
  )

/** Kinds of requests that `work` sends to a registry. */
async function requestsOf(registry: Distribution, work: () => Promise<unknown>): Promise<string[]> {
  const before = (await registry.requests()).length
  await work()
  const sent = (await registry.requests()).slice(before)
  const kinds = sent.map(
    ({ method, path }) => `${method} ${/\/(tags|manifests|blobs)\//.exec(path)?.[1] ?? 'ping'}`,
  )
  return [...new Set(kinds.filter((kind) => !kind.endsWith('ping')))].sort()
}

describeReal('a sync', () => {
  let from: Distribution
  let to: Distribution

  beforeAll(async () => {
    ;[from, to] = await Promise.all([startDistribution(), startDistribution()])
    for (const version of versions) await push(from, 'team/app', [version], image(version))
    await push(from, 'team/app', ['all'], index)
    await push(from, 'team/lib', ['1.0'], amd)
  }, 300_000)
  afterAll(() => Promise.all([from.stop(), to.stop()]))

  const sync = (...args: readonly string[]) => runWindlass(['sync', '-q', ...args])
  async function list(text: string): Promise<string> {
    const { path } = await workspace()
    await writeFile(path('sync.yml'), text)
    return path('sync.yml')
  }
  const regsync = (target: string, more = '', source = 'team/app'): Promise<string> =>
    list(
      `sync:\n  - { source: ${from.host}/${source}, target: ${to.host}/${target}, type: repository${more} }\n`,
    )

  it('by a list of skopeo has the tags and digests of `skopeo sync`', async () => {
    const file = await list(String.raw`
${from.host}:
  tls-verify: false
  images:
    team/lib: []
    team/app: ['1.0', all, '${amd.manifest.digest}']
  images-by-tag-regex:
    team/app: ^1\.[12]
`)
    expectExit(await sync('--platform', 'linux/amd64', file, `${to.host}/ours`), 0)
    await skopeo([
      ...['--override-os', 'linux', '--override-arch', 'amd64', 'sync', '--keep-going', '--src', 'yaml'],
      ...['--dest', 'docker', '--dest-tls-verify=false', file, `${to.host}/theirs`],
    ])
    for (const repository of ['app', 'lib']) {
      const content = await contentOf(to, `ours/${repository}`)
      expect(Object.keys(content).length).toBeGreaterThan(0)
      expect(content).toEqual(await contentOf(to, `theirs/${repository}`))
    }
  })

  it('of whole indexes has the digests of `skopeo sync --all`', async () => {
    const file = await list(`${from.host}: { tls-verify: false, images: { team/app: [all] } }`)
    expectExit(await sync('--all-platforms', file, `${to.host}/ours/all`), 0)
    await skopeo([
      ...['sync', '--all', '--src', 'yaml', '--dest', 'docker', '--dest-tls-verify=false'],
      ...[file, `${to.host}/theirs/all`],
    ])
    expect(await contentOf(to, 'ours/all/app')).toEqual({ all: index.manifest.digest })
    expect(await contentOf(to, 'theirs/all/app')).toEqual({ all: index.manifest.digest })
  })

  it('changes nothing in a dry run, and sends no GET request of a manifest when all is equal', async () => {
    const file = await regsync('dry/app')
    const dry = (): Promise<unknown> => sync('--dry-run', '--delete', file)
    expect(await requestsOf(from, dry)).toEqual(['GET tags', 'HEAD manifests'])
    expect(await requestsOf(to, dry)).toEqual(['GET tags', 'HEAD manifests'])
    expect(await tagsOf(to, 'dry/app')).toEqual([])
    expectExit(await sync(file), 0)
    const again = async () => expectExit(await sync(file), 0, '7 equal\n')
    expect(await requestsOf(from, again)).toEqual(['GET tags', 'HEAD manifests'])
    expect(await requestsOf(to, again)).toEqual(['HEAD manifests'])
  })

  it('selects the newest versions in a range', async () => {
    expectExit(await sync(await regsync('newest/app', ', tags: { semverRange: ">=1", newest: 2 }')), 0)
    expect(await tagsOf(to, 'newest/app')).toEqual(['1.2.0', '2.0'])
  })

  it('removes what the source lost, and never a manifest that another tag needs', async () => {
    const file = await regsync('mirror/app', String.raw`, tags: { allow: ['\d.*', all] }`)
    expectExit(await sync(file), 0)
    await push(to, 'mirror/app', ['0.8', '0.8-same'], image('lost'))
    await push(to, 'mirror/app', ['1.0-alias'], image('1.0'))
    await push(to, 'mirror/app', ['7-child'], arm)
    await push(to, 'mirror/app', ['other'], image('other'))
    const kept = ['1.0', '1.0-alias', '1.1', '1.2.0', '2.0', '2.0-rc1', '7-child', 'all', 'other']
    expectExit(await sync('--delete', file), 2)
    expect(await tagsOf(to, 'mirror/app')).toEqual([...kept, '0.8', '0.8-same'].sort())
    const { exit, stdout, stderr } = await sync('--delete', '--yes', file)
    expect([exit, stdout.trimEnd().split('\n').at(-1)]).toEqual([8, '6 equal, 2 deleted, 2 failed'])
    expect(stderr).toContain('the tag 1.0 needs')
    expect(stderr).toContain('the tag all needs')
    expect(await tagsOf(to, 'mirror/app')).toEqual(kept)
  })

  it('says that a registry does not delete', async () => {
    const fixed = await startDistribution({ deletes: false })
    try {
      const text = `source: ${from.host}/team/lib, target: ${fixed.host}/team/lib, type: repository`
      const file = await list(`sync: [{ ${text} }]`)
      await push(fixed, 'team/lib', ['0.1'], arm)
      const { exit, stderr } = await sync('--delete', '--yes', file)
      expect(exit).toBe(8)
      expect(stderr).toContain('does not delete images')
      expect(await tagsOf(fixed, 'team/lib')).toEqual(['0.1', '1.0'])
    } finally {
      await fixed.stop()
    }
  })

  it('goes on after an image that the source has lost a part of, and completes when it is back', async () => {
    const broken = image('broken')
    await push(from, 'team/part', ['1', '3'], amd)
    await push(from, 'team/part', ['2'], broken)
    const hex = hexOf(broken.layers[1]!.digest)
    await rm(join(from.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex), { recursive: true })
    const file = await regsync('part/app', '', 'team/part')
    const { exit, stdout } = await sync('--retries', '1', file)
    expect(exit).not.toBe(0)
    expect(stdout).toContain('2 copied, 1 failed')
    expect(await tagsOf(to, 'part/app')).toEqual(['1', '3'])
    await push(from, 'team/part', ['2'], broken)
    expect((await sync(file)).stdout).toContain('1 copied, 2 equal')
  })

  it('that is interrupted leaves what has arrived, and the next one sends the rest', async () => {
    const file = await regsync('stopped/app')
    const { exit } = await runWindlass(['sync', '--progress', 'json', '--concurrency', '1', file], {
      onStart: (child) => {
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('"outcome":"done"')) child.kill('SIGINT')
        })
      },
    })
    expect([0, 130]).toContain(exit)
    expectExit(await sync(file), 0)
    expect(await contentOf(to, 'stopped/app')).toEqual(await contentOf(from, 'team/app'))
  })

  it('carries signatures, and those that were added to an image that the target has', async () => {
    const source = registrySink(`${from.host}/team/signed`)
    await push(from, 'team/signed', ['1'], amd)
    const file = await regsync('signed/app', ', referrers: true', 'team/signed')
    expect((await sync(file)).stdout).toContain('1 copied')
    const config = Buffer.from('{}')
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: 2 }
    await source.putBlob(empty, opening(config))
    const { mediaType, digest, size } = amd.manifest
    const signature = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: 'application/x.signature' },
        ...{ config: empty, layers: [empty], subject: { mediaType, digest, size } },
      }),
    )
    const descriptor: Descriptor = {
      ...{ mediaType: mediaTypes.ociManifest, digest: digestOf(signature), size: signature.length },
      artifactType: 'application/x.signature',
    }
    await source.putReferrer!(signature, descriptor, digest)
    await source.close()
    expect((await sync(file)).stdout).toContain('1 completed')
    expect((await sync(file)).stdout).toBe('1 equal\n')
    const tag = digest.replace(':', '-')
    expect(await tagsOf(to, 'signed/app')).toEqual(['1', tag])
  })

  it('into a layout removes names with --delete, and skopeo reads the rest', async () => {
    const { path } = await workspace()
    const layout = path('layout')
    const entry = (newest: number): Promise<string> =>
      list(
        `sync: [{ source: ${from.host}/team/app, target: "oci:${layout}", type: repository, tags: { newest: ${newest}, deny: [".*rc.*"] } }]`,
      )
    expectExit(await sync(await entry(3)), 0)
    expectExit(await sync('--delete', '--yes', await entry(1)), 0)
    const names: string[] = []
    for await (const page of layoutSource(layout).tags()) names.push(...page)
    expect(names).toEqual(['2.0'])
    expect(await skopeo(['inspect', '--format', '{{.Digest}}', `oci:${layout}:2.0`])).toBe(
      `${image('2.0').manifest.digest}\n`,
    )
  })
})
