import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'

describe('what the API of Docker says about containers', () => {
  let docker: DockerServer
  beforeAll(async () => (docker = await startDockerServer()))
  afterAll(() => docker[Symbol.asyncDispose]())

  it.each([
    ['/containers/json', []],
    ['/networks', []],
    ['/plugins', []],
    ['/volumes', { Volumes: [], Warnings: [] }],
  ])('is that there are none: %s', async (path, expected) => {
    expect(await docker.send('GET', path)).toMatchObject({ status: 200, json: expected })
  })

  it.each([
    ['GET', '/containers/nope/json', 'No such container: nope'],
    ['DELETE', '/containers/nope', 'No such container: nope'],
    ['GET', '/networks/nope', 'No such network: nope'],
    ['GET', '/volumes/nope', 'No such volume: nope'],
  ])(
    'is that the one that is asked for is unknown, which clients rely on: %s %s',
    async (method, path, message) => {
      expect(await docker.send(method, path)).toMatchObject({ status: 404, json: { message } })
    },
  )

  it.each([
    ['POST', '/containers/create'],
    ['POST', '/build'],
    ['POST', '/swarm/init'],
    ['POST', '/volumes/create'],
    ['GET', '/events'],
    ['POST', '/networks/create'],
    ['POST', '/commit'],
    ['GET', '/nodes'],
    ['GET', '/distribution/app/json'],
    ['POST', '/session'],
  ])('is what this server is, where it cannot do what is asked: %s %s', async (method, path) => {
    expect(await docker.send(method, path)).toMatchObject({
      status: 501,
      json: { message: 'This server is Windlass: it pulls and keeps images and runs no containers' },
    })
  })

  it.each(['containers', 'networks', 'volumes', 'build'])('has nothing to prune: %s', async (kind) => {
    const { status, json } = await docker.send('POST', `/${kind}/prune`)
    expect([status, Object.values(json as object)[0]]).toEqual([200, null])
  })
})
