import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { openStore } from '../../../lib/store/index.js'
import { buildImage, buildIndex } from '../../../lib/testing/images/index.js'
import { ServedStore } from '../../../server/registry/served-store.js'
import { repositoriesNamed } from '../../../server/registry/repository-key.js'
import { Workbench, blobPath } from '../../support/workbench.js'
import { descriptorOf, putAttached, putInStore, served } from './stored.js'

const bench = new Workbench()

const one = buildImage({ layers: [{ entries: [{ path: 'a', content: 'one' }] }] })
const two = buildImage({ layers: [{ entries: [{ path: 'a', content: 'two' }] }] })

describe('the served store', () => {
  it('has no repositories before the store exists, and those that are pulled later', async () => {
    const directory = bench.path()
    const { get, status } = served(directory)
    expect(await status('library/app/tags/list')).toBe(404)
    await putInStore(directory, { 'docker.io/library/app:1': one })
    expect(await (await get('library/app/tags/list')).json()).toMatchObject({ tags: ['1'] })
    await putInStore(directory, { 'docker.io/library/app:2': two })
    expect(await (await get('library/app/tags/list')).json()).toMatchObject({ tags: ['1', '2'] })
    expect(await status(`library/app/blobs/${two.layers[0]!.digest}`)).toBe(200)
  })

  it('serves nothing of a name that was removed, although the files remain', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': one, 'docker.io/library/app:2': two })
    const { status } = served(directory)
    const layer = `library/app/blobs/${one.layers[0]!.digest}`
    expect(await status(layer)).toBe(200)
    const store = await openStore(directory)
    await store.names.remove('docker.io/library/app:1')
    await store.close()
    expect(await status(layer)).toBe(404)
    expect(await status(`library/app/manifests/${one.manifest.digest}`)).toBe(404)
  })

  it('serves what was stored later without a new name, once the absence is a second old', async () => {
    const directory = bench.path()
    const index = buildIndex([one, two])
    await putInStore(directory, { 'docker.io/library/app:1': { index, image: one } })
    let now = 0
    const store = new ServedStore(directory, () => now)
    const open = async () => {
      const repository = await store.repository(repositoriesNamed('app'))
      const blob = await store.open(repository!, two.layers[0]!.digest)
      await blob?.handle.close()
      return blob !== undefined
    }
    expect(await open()).toBe(false)
    const writer = await openStore(directory)
    for (const [digest, bytes] of two.blobs) await writer.blobs.put(digest, bytes)
    await writer.blobs.put(two.manifest.digest, two.manifest.bytes)
    await writer.close()
    expect(await open()).toBe(false)
    now = 1_000
    expect(await open()).toBe(true)
  })

  it('does not serve a manifest that is damaged', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': one })
    const { status } = served(directory)
    expect(await status('library/app/manifests/1')).toBe(200)
    const path = blobPath(directory, one.manifest.digest)
    const bytes = await readFile(path)
    bytes[0]! ^= 1
    await rm(path)
    await writeFile(path, bytes)
    expect(await status('library/app/manifests/1')).toBe(404)
    expect(await served(directory).status('library/app/tags/list')).toBe(200)
    expect(await (await served(directory).get('library/app/tags/list')).json()).toMatchObject({ tags: [] })
  })

  it('skips names of other tools that are no references, and says so if the list cannot be read', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': one, 'NOT A NAME': two, 'Über:1': two })
    expect(await served(directory).status('library/app/tags/list')).toBe(200)
    await writeFile(`${directory}/index.json`, '{"not": "an index"}')
    const response = await served(directory).get('library/app/tags/list')
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'UNKNOWN' }] })
  })

  it('counts an entry without a name to the repository of its subject', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'quay.io/team/app:1': one, 'quay.io/team/other:1': two })
    const sbom = await putAttached(directory, descriptorOf(one.manifest), 'text/sbom')
    const signature = await putAttached(directory, sbom, 'text/signature')
    const path = `${directory}/index.json`
    const list = JSON.parse(await readFile(path, 'utf8')) as { manifests: unknown[] }
    // As other tools list what is attached: without a name, in any order.
    await writeFile(
      `${path}.new`,
      JSON.stringify({ ...list, manifests: [signature, ...list.manifests, sbom] }),
    )
    await rename(`${path}.new`, path)
    const { get, status } = served(directory)
    const referrers = async (repository: string, digest: string) =>
      ((await (await get(`${repository}/referrers/${digest}`)).json()) as { manifests: { digest: string }[] })
        .manifests
    expect(await referrers('quay.io/team/app', one.manifest.digest)).toMatchObject([{ digest: sbom.digest }])
    expect(await referrers('quay.io/team/app', sbom.digest)).toMatchObject([{ digest: signature.digest }])
    expect(await status(`quay.io/team/app/manifests/${signature.digest}`)).toBe(200)
    expect(await status(`quay.io/team/other/manifests/${sbom.digest}`)).toBe(404)
  })

  it('is read again after a failure, which one request had', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': one })
    const store = new ServedStore(directory)
    const read = vi.spyOn(store.files, 'document').mockRejectedValueOnce(new Error('EIO'))
    const contents = async () => (await store.repository(repositoriesNamed('app')))?.contents.tags.size
    await expect(contents()).rejects.toThrow('EIO')
    expect(await contents()).toBe(1)
    const reads = read.mock.calls.length
    expect([await contents(), read.mock.calls.length]).toEqual([1, reads])
  })
})
