import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chainIDs } from '../../../lib/image/index.js'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { runTool } from '../../../testbench/harness/run-tool.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'

const base = { entries: [{ path: 'base', content: 'base' }] }
const image = buildImage({ layers: [base, { entries: [{ path: 'one', content: 'one' }] }] })
const other = buildImage({ layers: [base, { entries: [{ path: 'two', content: 'two' }] }] })
const { digest: id } = image.config
const [, chain] = chainIDs(image.layers.map(({ diffID }) => diffID))

describe('the removal of an image through the API of Docker', () => {
  let docker: DockerServer
  let name = ''
  beforeEach(async () => {
    docker = await startDockerServer()
    name = `${docker.registry.host}/team/app`
    await putImage(docker.registry, 'team/app', '1', image)
    await putImage(docker.registry, 'team/app', '2', other)
    await docker.pull('team/app', '1')
    await docker.pull('team/app', '2')
  })
  afterEach(() => docker[Symbol.asyncDispose]())
  const tag = (repo: string, value: string) =>
    docker.send('POST', `/images/${name}:1/tag?repo=${repo}&tag=${value}`)
  const blobOf = (digest: string): string => join(docker.store, 'blobs', digest.replace(':', '/'))
  const remove = (word: string, query = '') => docker.send('DELETE', `/images/${word}${query}`)

  it('removes the name, and with the last one the content that no other image needs', async () => {
    const answer = await remove(`${name}:1`)
    expect(answer).toMatchObject({
      status: 200,
      json: [
        { Untagged: `${name}:1` },
        { Untagged: `${name}@${image.manifest.digest}` },
        { Deleted: id },
        { Deleted: chain },
      ],
    })
    expect(existsSync(blobOf(image.layers[1]!.digest))).toBe(false)
    expect(existsSync(blobOf(image.layers[0]!.digest))).toBe(true)
    expect(await docker.send('GET', `/images/${name}:2/json`)).toMatchObject({ status: 200 })
  })

  it('keeps the content with noprune', async () => {
    expect((await remove(`${name}:1`, '?noprune=1')).json).toContainEqual({ Deleted: id })
    expect(existsSync(blobOf(image.layers[1]!.digest))).toBe(true)
  })

  it('only untags an image that has another name', async () => {
    await tag('mine', 'x')
    expect((await remove(`${name}:1`)).json).toEqual([{ Untagged: `${name}:1` }])
    expect((await docker.send('GET', `/images/${id}/json`)).json).toMatchObject({ RepoTags: ['mine:x'] })
  })

  it('by id refuses an image with names in several repositories, unless it is forced', async () => {
    await tag('mine', 'x')
    const hex = id.slice('sha256:'.length)
    expect(await remove(hex.slice(0, 12))).toMatchObject({
      status: 409,
      json: {
        message: `conflict: unable to delete ${hex.slice(0, 12)} (must be forced) - image is referenced in multiple repositories`,
      },
    })
    expect((await remove(hex.slice(0, 12), '?force=1')).json).toEqual(
      expect.arrayContaining([{ Untagged: `${name}:1` }, { Untagged: 'mine:x' }, { Deleted: id }]),
    )
    expect(await remove(hex)).toMatchObject({ status: 404 })
  })

  it('by id removes an image with one name', async () => {
    expect((await remove(id)).json).toContainEqual({ Deleted: id })
  })
})

describe('an image with a name that is no reference', () => {
  it('is shown without a name, keeps its content with a tag that goes, and is not pruned', async () => {
    await using docker = await startDockerServer()
    await putImage(docker.registry, 'team/app', '1', image)
    await docker.pull('team/app', '1')
    const archive = await docker.send('GET', `/images/get?names=${id}`)
    const directory = join(docker.store, '..', 'layout')
    mkdirSync(directory)
    writeFileSync(join(directory, 'a.tar'), archive.bytes)
    await runTool('tar', ['xf', 'a.tar'], { cwd: directory })
    const order = JSON.stringify({ image: `oci:${directory}` })
    await docker.send('POST', '/api/v1/pulls', {
      body: order,
      headers: { 'content-type': 'application/json' },
    })
    const entries = async (): Promise<number> =>
      ((await docker.send('GET', '/api/v1/images')).json as { images: unknown[] }).images.length
    await expect.poll(entries, { timeout: 30_000 }).toBe(2)
    const removed = await docker.send('DELETE', `/images/${docker.registry.host}/team/app:1`)
    expect(removed.json).toEqual([{ Untagged: `${docker.registry.host}/team/app:1` }])
    expect((await docker.send('GET', '/images/json')).json).toMatchObject([{ Id: id, RepoTags: [] }])
    await docker.send('POST', `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`)
    expect(await entries()).toBe(1)
    expect((await docker.send('DELETE', `/images/${id}`)).json).toContainEqual({ Deleted: id })
    expect(await entries()).toBe(0)
  })
})

describe('prune and disk usage through the API of Docker', () => {
  let docker: DockerServer
  beforeEach(async () => {
    docker = await startDockerServer()
    await putImage(docker.registry, 'team/app', '1', image)
    await docker.pull('team/app', '1')
  })
  afterEach(() => docker[Symbol.asyncDispose]())
  const prune = async (filters?: unknown) =>
    (
      await docker.send(
        'POST',
        `/images/prune${filters ? `?filters=${encodeURIComponent(JSON.stringify(filters))}` : ''}`,
      )
    ).json as { ImagesDeleted: unknown[] | null; SpaceReclaimed: number }

  it('keep an image that has a tag', async () => {
    expect(await prune()).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 })
    expect(await docker.send('GET', `/images/${id}/json`)).toMatchObject({ status: 200 })
  })

  it('free what a tag pointed at before it moved', async () => {
    await putImage(docker.registry, 'team/app', '1', other)
    await docker.pull('team/app', '1')
    const { ImagesDeleted, SpaceReclaimed } = await prune()
    expect(ImagesDeleted).toEqual([{ Deleted: image.layers[1]!.diffID }])
    expect(SpaceReclaimed).toBeGreaterThan(0)
  })

  it('remove all images that pass the filters if asked to', async () => {
    expect((await prune({ dangling: ['false'], until: ['1960-01-01T00:00:00Z'] })).ImagesDeleted).toBeNull()
    const { ImagesDeleted, SpaceReclaimed } = await prune({ dangling: { false: true } })
    expect(ImagesDeleted).toContainEqual({ Deleted: id })
    expect(SpaceReclaimed).toBeGreaterThan(0)
    expect((await docker.send('GET', '/images/json')).json).toEqual([])
  })

  it('count each layer once', async () => {
    await putImage(docker.registry, 'team/app', '2', other)
    await docker.pull('team/app', '2')
    const sizes = new Map([...image.layers, ...other.layers].map(({ diffID, tar }) => [diffID, tar.length]))
    expect((await docker.send('GET', '/system/df')).json).toMatchObject({
      LayersSize: [...sizes.values()].reduce((total, size) => total + size, 0),
      Images: [{ SharedSize: image.layers[0]!.tar.length }, { SharedSize: image.layers[0]!.tar.length }],
      ...{ Containers: [], Volumes: [], BuildCache: [] },
    })
    expect((await docker.send('GET', '/system/df?type=image')).json).not.toHaveProperty('Volumes')
  })
})
