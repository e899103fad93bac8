import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../lib/store/index.js'
import { buildImage } from '../../../lib/testing/images/index.js'
import { ListedRepositories } from '../../../server/registry/listed-repositories.js'
import { Workbench } from '../../support/workbench.js'
import { putInStore } from './stored.js'

const bench = new Workbench()
const image = buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] })

describe('the repositories that the names of a store list', () => {
  it('have the tags, and the images of all names; the tag of a name with a digest was not resolved', async () => {
    const directory = bench.path()
    const { digest } = image.manifest
    await putInStore(directory, {
      'docker.io/library/app:1': image,
      [`docker.io/library/app:2@${digest}`]: image,
      'QUAY.io/app:1': image,
    })
    const { repositories, unnamed } = await new ListedRepositories(directory).read()
    expect([...repositories.keys()]).toEqual(expect.arrayContaining(['docker.io/library/app', 'quay.io/app']))
    const { tags, images } = repositories.get('docker.io/library/app')!
    expect([[...tags.keys()], images.length]).toEqual([['1'], 2])
    expect(unnamed).toEqual([])
  })

  it('are read again only when the file is another one', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': image })
    const listed = new ListedRepositories(directory)
    const first = await listed.read()
    expect(await listed.read()).toBe(first)
    await putInStore(directory, { 'docker.io/library/other:1': image })
    const second = await listed.read()
    expect(second).not.toBe(first)
    expect(second.repositories.has('docker.io/library/other')).toBe(true)
    rmSync(join(directory, 'index.json'))
    expect((await listed.read()).repositories.size).toBe(0)
  })

  it('are none without a store or in an empty list, and an error if it is no list', async () => {
    const directory = bench.path()
    const listed = new ListedRepositories(directory)
    expect(await listed.read()).toMatchObject({ unnamed: [] })
    mkdirSync(directory)
    writeFileSync(join(directory, 'index.json'), '')
    expect((await listed.read()).repositories.size).toBe(0)
    writeFileSync(join(directory, 'index.json'), '{')
    await expect(listed.read()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    // It recovers with the file.
    rmSync(join(directory, 'index.json'))
    expect((await listed.read()).repositories.size).toBe(0)
  })

  it('leave out an entry that was changed by something else', async () => {
    const directory = bench.path()
    await putInStore(directory, { 'docker.io/library/app:1': image, 'docker.io/library/app:2': image })
    const path = join(directory, 'index.json')
    const store = await openStore(directory)
    await store.close()
    const { readFileSync } = await import('node:fs')
    const document = JSON.parse(readFileSync(path, 'utf8')) as {
      manifests: { size: number; annotations: Record<string, string> }[]
    }
    document.manifests[0]!.size += 1
    writeFileSync(path, JSON.stringify(document))
    const { repositories } = await new ListedRepositories(directory).read()
    expect([...repositories.get('docker.io/library/app')!.tags.keys()]).toHaveLength(1)
  })
})
