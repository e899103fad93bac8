import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltImage, buildImage, buildIndex, putImage } from '../../../lib/testing/images/index.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'

interface Item {
  readonly Id: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
}

const created = '2024-05-06T07:08:09Z'
const seconds = Date.parse(created) / 1_000
const imageOf = (architecture = 'amd64', os = 'linux'): BuiltImage =>
  buildImage({
    layers: [
      { entries: [{ path: 'base', content: 'b'.repeat(10_000) }], createdBy: 'FROM base' },
      { entries: [{ path: 'top', content: 't' }], createdBy: 'COPY top' },
    ],
    platform: { os, architecture },
    config: {
      created,
      author: 'someone',
      config: { Cmd: ['/bin/sh'], Env: ['A=b'], Labels: { team: 'blue' }, Healthcheck: { Test: ['NONE'] } },
      history: [
        { created, created_by: 'FROM base' },
        { created, created_by: 'ENV A=b', empty_layer: true },
        { created, created_by: 'COPY top', comment: 'buildkit' },
      ],
    },
  })

describe('the images of a store through the API of Docker', () => {
  let docker: DockerServer
  const image = imageOf()
  const index = buildIndex([image, imageOf('arm64')])
  const { digest: id } = image.config
  let name = ''
  beforeAll(async () => {
    docker = await startDockerServer()
    name = `${docker.registry.host}/team/app`
    await putImage(docker.registry, 'team/app', '1', index)
    await docker.pull('team/app', '1')
  })
  afterAll(() => docker[Symbol.asyncDispose]())
  const list = async (query = '', version = '1.51'): Promise<Item[]> =>
    (await docker.send('GET', `/v${version}/images/json${query}`)).json as Item[]

  it('are listed with their ids, names and the digest of the index', async () => {
    expect(await list()).toEqual([
      {
        ...{
          Containers: -1,
          Created: seconds,
          Id: id,
          Labels: { team: 'blue' },
          ParentId: '',
          SharedSize: -1,
        },
        RepoTags: [`${name}:1`],
        RepoDigests: [`${name}@${index.manifest.digest}`],
        Size: image.layers.reduce((total, { tar }) => total + tar.length, 0),
      },
    ])
  })

  it('have a VirtualSize before version 1.44', async () => {
    expect((await list('', '1.43'))[0]).toHaveProperty('VirtualSize')
    expect((await list('', '1.44'))[0]).not.toHaveProperty('VirtualSize')
  })

  it('have Manifests and a Descriptor for clients that ask for them, as the client of version 29 does', async () => {
    const [item] = await list('?manifests=1')
    expect(item).toMatchObject({
      Descriptor: { digest: index.manifest.digest, mediaType: index.manifest.mediaType },
      Manifests: [
        {
          ...{ ID: image.manifest.digest, Available: true, Kind: 'image' },
          Descriptor: { digest: image.manifest.digest, size: image.manifest.size },
          ImageData: { Platform: { os: 'linux', architecture: 'amd64' }, Containers: [] },
        },
      ],
    })
    expect((await list('?manifests=1', '1.46'))[0]).not.toHaveProperty('Manifests')
    expect((await list('?manifests=1', '1.47'))[0]).not.toHaveProperty('Descriptor')
  })

  it.each([
    ['', 1],
    ['{"label":["team"]}', 1],
    ['{"label":["team=blue"]}', 1],
    ['{"label":["team=red"]}', 0],
    ['{"dangling":["true"]}', 0],
    ['{"dangling":{"false":true}}', 1],
    ['{"reference":["*/team/app"]}', 1],
    ['{"reference":["*/team/app:2"]}', 0],
    ['{"reference":["*/app"]}', 0],
    ['{"until":["2024-01-01T00:00:00Z"]}', 0],
    ['{"until":["1h"]}', 1],
  ])('are filtered: %s', async (filters, count) => {
    expect(await list(filters === '' ? '' : `?filters=${encodeURIComponent(filters)}`)).toHaveLength(count)
  })

  it('refuse filters that are unknown or no JSON', async () => {
    for (const filters of ['{"no":["x"]}', '{', '[]', '{"dangling":["x"]}'])
      expect(await docker.send('GET', `/images/json?filters=${encodeURIComponent(filters)}`)).toMatchObject({
        status: 400,
      })
  })

  it('are inspected by tag, digest, id, and the start of an id', async () => {
    const hex = id.slice('sha256:'.length)
    const words = [`${name}:1`, `${name}@${index.manifest.digest}`, id, hex, hex.slice(0, 12)]
    for (const word of [...words, encodeURIComponent(`${name}:1`)])
      expect(await docker.send('GET', `/images/${word}/json`)).toMatchObject({
        status: 200,
        json: { Id: id },
      })
  })

  it('are inspected with the config of the image, as each version has it', async () => {
    const inspect = async (version: string) =>
      (await docker.send('GET', `/v${version}/images/${name}:1/json`)).json as Record<string, unknown>
    const latest = await inspect('1.51')
    expect(latest).toMatchObject({
      ...{ Id: id, Created: created, Author: 'someone', Architecture: 'amd64', Os: 'linux' },
      Config: { Cmd: ['/bin/sh'], Env: ['A=b'], Labels: { team: 'blue' }, Healthcheck: { Test: ['NONE'] } },
      RootFS: { Type: 'layers', Layers: image.layers.map(({ diffID }) => diffID) },
      Descriptor: { digest: index.manifest.digest },
    })
    expect(latest['Config']).not.toHaveProperty('Hostname')
    expect((await inspect('1.49'))['Config']).toMatchObject({ Hostname: '', Tty: false, Cmd: ['/bin/sh'] })
    expect(await inspect('1.43')).toMatchObject({ VirtualSize: latest['Size'], ContainerConfig: {} })
  })

  it('are inspected for a platform that the store has, and not for another one', async () => {
    const inspect = (platform: unknown) =>
      docker.send('GET', `/images/${name}:1/json?platform=${encodeURIComponent(JSON.stringify(platform))}`)
    expect(await inspect({ os: 'linux', architecture: 'amd64' })).toMatchObject({ status: 200 })
    expect(await inspect({ os: 'linux', architecture: 'arm64' })).toMatchObject({
      status: 404,
      json: {
        message: `image with reference ${name}:1 was found but does not provide the specified platform (linux/arm64)`,
      },
    })
    expect(await inspect('linux/amd64')).toMatchObject({ status: 400 })
  })

  it('are unknown with the text of dockerd', async () => {
    expect(await docker.send('GET', '/images/alpine/json')).toMatchObject({
      status: 404,
      json: { message: 'No such image: alpine:latest' },
    })
    for (const [method, path] of [
      ['GET', '/images/nope/history'],
      ['DELETE', '/images/nope'],
      ['POST', '/images/nope/tag?repo=x'],
      ['GET', '/images/get?names=nope'],
    ] as const)
      expect(await docker.send(method, path)).toMatchObject({ status: 404 })
  })

  it('have a history, the latest step first, with the sizes of the layers', async () => {
    const [top, env, base] = (await docker.send('GET', `/images/${name}:1/history`)).json as Record<
      string,
      unknown
    >[]
    expect(top).toEqual({
      ...{ Id: id, Created: seconds, CreatedBy: 'COPY top', Tags: [`${name}:1`] },
      ...{ Size: image.layers[1]!.tar.length, Comment: 'buildkit' },
    })
    expect(env).toMatchObject({ Id: '<missing>', CreatedBy: 'ENV A=b', Size: 0, Tags: null })
    expect(base).toMatchObject({ CreatedBy: 'FROM base', Size: image.layers[0]!.tar.length })
  })

  it('are named, and the name moves from one image to another', async () => {
    const tag = (repo: string, value: string) =>
      docker.send('POST', `/images/${name}:1/tag?repo=${repo}&tag=${value}`)
    expect(await tag('mine/app', 'v1')).toMatchObject({ status: 201, text: '' })
    expect(await tag('mine', '')).toMatchObject({ status: 201 })
    expect((await list())[0]!.RepoTags).toEqual([`${name}:1`, 'mine/app:v1', 'mine:latest'])
    expect(await tag('UPPER', 'x')).toMatchObject({ status: 400 })
    expect(
      await docker.send('POST', `/images/${name}:1/tag?repo=${encodeURIComponent(`a@${id}`)}`),
    ).toMatchObject({
      status: 400,
      json: {
        message: expect.stringContaining('refusing to create a tag with a digest reference') as unknown,
      },
    })
    expect(await docker.send('DELETE', '/images/mine/app:v1')).toMatchObject({
      json: [{ Untagged: 'mine/app:v1' }],
    })
    expect(await docker.send('DELETE', '/images/mine')).toMatchObject({ json: [{ Untagged: 'mine:latest' }] })
  })

  it('are neither pushed nor searched', async () => {
    expect(await docker.send('POST', `/images/${name}:1/push`)).toMatchObject({ status: 501 })
    expect(await docker.send('GET', '/images/search?term=a')).toMatchObject({ status: 404 })
  })
})
