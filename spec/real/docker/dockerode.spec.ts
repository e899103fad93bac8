/** dockerode, which most programs in JavaScript talk to Docker with, against the server. */
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildImage, putImage } from '../../../lib/testing/images/index.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'

const image = buildImage({
  layers: [{ entries: [{ path: 'base', content: 'base' }] }, { entries: [{ path: 'top', content: 'top' }] }],
})

describe('dockerode', () => {
  let server: DockerServer
  let docker: Docker
  const login = { username: 'u', password: 'p' }
  beforeAll(async () => {
    server = await startDockerServer({ registry: { auth: { kind: 'basic', ...login } } })
    await putImage(server.registry, 'team/app', 'latest', image)
    docker = new Docker({ socketPath: server.socket })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const name = (): string => `${server.registry.host}/team/app`
  const follow = (stream: NodeJS.ReadableStream): Promise<readonly Record<string, unknown>[]> =>
    new Promise((resolve, reject) =>
      docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output))),
    )

  it('asks for the version, the info, the containers', async () => {
    expect(String(await docker.ping())).toBe('OK')
    expect(await docker.version()).toMatchObject({ ApiVersion: '1.51' })
    expect(await docker.info()).toMatchObject({ Images: 0 })
    expect(await docker.listContainers()).toEqual([])
    expect(await new Docker({ socketPath: server.socket, version: 'v1.40' }).listImages()).toEqual([])
  })

  it('pulls with credentials and follows the progress, line by line', async () => {
    await expect(docker.pull(name())).rejects.toMatchObject({ statusCode: 404 })
    const lines = await follow(await docker.pull(name(), { authconfig: login }))
    expect(lines[0]).toEqual({ status: 'Pulling from team/app', id: 'latest' })
    expect(lines.at(-1)).toEqual({ status: `Status: Downloaded newer image for ${name()}:latest` })
  })

  it('lists, inspects, names and removes images', async () => {
    expect((await docker.listImages()).map(({ Id }) => Id)).toEqual([image.config.digest])
    const found = docker.getImage(`${name()}:latest`)
    expect(await found.inspect()).toMatchObject({ Id: image.config.digest })
    expect(await found.history()).toHaveLength(2)
    await found.tag({ repo: 'mine/app', tag: 'x' })
    expect(await docker.getImage('mine/app:x').remove()).toEqual([{ Untagged: 'mine/app:x' }])
    expect((await docker.df()).LayersSize).toBeGreaterThan(0)
    expect((await docker.pruneImages()).SpaceReclaimed).toBe(0)
    expect(await docker.checkAuth({ ...login, serveraddress: server.registry.host })).toMatchObject({
      Status: 'Login Succeeded',
    })
  })

  it('saves an image and loads it again', async () => {
    const archive = await docker.getImage(`${name()}:latest`).get()
    const chunks: Buffer[] = []
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
    await docker.getImage(`${name()}:latest`).remove()
    const { Readable } = await import('node:stream')
    const lines = await follow(await docker.loadImage(Readable.from([Buffer.concat(chunks)])))
    expect(lines.at(-1)).toEqual({ stream: `Loaded image: ${name()}:latest\n` })
    expect(await docker.getImage(`${name()}:latest`).inspect()).toMatchObject({ Id: image.config.digest })
  })
})
