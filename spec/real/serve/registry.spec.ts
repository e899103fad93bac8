/** The store of `windlass serve --registry`, read by skopeo and by another Windlass. */
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type BuiltImage, buildImage, putImage } from '../../../lib/testing/images/index.js'
import { startRegistry } from '../../../lib/testing/registry/index.js'
import { expectExit, runWindlass } from '../../../testbench/harness/command-line.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { type Served, startServe } from '../../../testbench/harness/serve.js'
import { skopeo } from '../../../testbench/harness/skopeo.js'
import { type Workspace, workspace } from '../../../testbench/harness/workspace.js'

const image = buildImage({
  layers: [
    {
      entries: [
        { path: 'etc', type: 'directory' },
        { path: 'etc/os-release', content: 'NAME=test\n' },
      ],
    },
    // More than fits into the buffers of a connection.
    { entries: [{ path: 'large', content: Buffer.alloc(40_000_000, 'large') }], compression: 'none' },
  ],
})
const older = buildImage({ layers: [{ entries: [{ path: 'old', content: 'old' }] }] })

/** A server whose store has pulled `team/app:1` and `:2` from a registry of this test. */
async function servedStore(
  args: readonly string[] = [],
): Promise<Served & { readonly space: Workspace; readonly path: string; readonly ns: string }> {
  const upstream = await startRegistry()
  onTestFinished(() => upstream.close())
  const space = await workspace()
  await putImage(upstream, 'team/app', '1', older)
  await putImage(upstream, 'team/app', '2', image)
  for (const tag of ['1', '2'])
    expectExit(
      await runWindlass([
        'pull',
        `${upstream.host}/team/app:${tag}`,
        '--store',
        space.store,
        '--plain-http',
        '--quiet',
      ]),
      0,
    )
  const served = await startServe(space.store, ['--registry', ...args])
  onTestFinished(() => served.stop())
  return {
    ...served,
    space,
    path: `${served.host}/${upstream.host.replace(':', '_')}/team/app`,
    ns: upstream.host,
  }
}

const digestsOf = ({ layers }: BuiltImage): string[] => layers.map(({ digest }) => digest)

describeReal('a store served as a registry', () => {
  it('is copied, inspected and listed by skopeo, without a token', async () => {
    const { path, space } = await servedStore()
    const target = space.path('copy')
    await skopeo([
      'copy',
      '--preserve-digests',
      '--src-tls-verify=false',
      `docker://${path}:2`,
      `oci:${target}:2`,
    ])
    const { manifests } = JSON.parse(await readFile(`${target}/index.json`, 'utf8')) as {
      manifests: { digest: string }[]
    }
    expect(manifests.map(({ digest }) => digest)).toEqual([image.manifest.digest])
    for (const { digest, bytes } of image.layers)
      expect((await readFile(`${target}/blobs/${digest.replace(':', '/')}`)).equals(bytes)).toBe(true)
    const shown = JSON.parse(await skopeo(['inspect', '--tls-verify=false', `docker://${path}:2`])) as object
    expect(shown).toMatchObject({
      Digest: image.manifest.digest,
      Layers: digestsOf(image),
      RepoTags: ['1', '2'],
    })
    const listed = JSON.parse(await skopeo(['list-tags', '--tls-verify=false', `docker://${path}`])) as object
    expect(listed).toMatchObject({ Tags: ['1', '2'] })
  })

  it('takes no push from skopeo, and says why', async () => {
    const { path, space } = await servedStore()
    await skopeo(['copy', '--src-tls-verify=false', `docker://${path}:1`, `oci:${space.path('copy')}:1`])
    const push = skopeo([
      'copy',
      '--dest-tls-verify=false',
      `oci:${space.path('copy')}:1`,
      `docker://${path}:3`,
    ])
    await expect(push).rejects.toThrow(/can only be read|405|unsupported/i)
  })

  it('is pulled by another Windlass, with ns as a mirror asks, and by the path', async () => {
    const { path, space, url, ns } = await servedStore()
    const byPath = await runWindlass([
      'pull',
      `${path}:2`,
      '--store',
      space.path('second'),
      '--plain-http',
      '--quiet',
    ])
    expectExit(byPath, 0)
    expect(byPath.stdout).toContain(image.manifest.digest)
    const asMirror = await fetch(`${url}/v2/team/app/manifests/2?ns=${ns}`, {
      headers: { 'x-spegel-mirrored': 'true' },
    })
    expect(asMirror.headers.get('docker-content-digest')).toBe(image.manifest.digest)
  })

  it('frees the slot of a client that goes away in the middle of a blob', async () => {
    const { url, host, path } = await servedStore(['--max-uploads', '1'])
    const blob = `/v2${path.slice(host.length)}/blobs/${image.layers[1]!.digest}`
    const socket = connect(Number(host.split(':')[1]), '127.0.0.1')
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve())
      socket.write(`GET ${blob} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    })
    // The client takes no more: the rest of the blob does not fit into the buffers of the connection.
    socket.pause()
    const statusOf = async (): Promise<number> => {
      const response = await fetch(`${url}${blob}`)
      await response.arrayBuffer()
      return response.status
    }
    expect(await statusOf()).toBe(429)
    socket.destroy()
    await expect.poll(statusOf, { timeout: 10_000 }).toBe(200)
  })

  it('is not there without --registry', async () => {
    const space = await workspace()
    const served = await startServe(space.store)
    onTestFinished(() => served.stop())
    expect((await fetch(`${served.url}/v2/`)).status).toBe(404)
  })
})
