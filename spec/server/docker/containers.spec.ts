import { describe, expect, it } from 'vitest'
import { containerRoutes } from '../../../server/docker/containers.js'
import { routesOver } from './described.js'

/** Sends a request, and returns the status and the body of the response. */
async function send(method: string, path: string) {
  const { status, json } = await routesOver(containerRoutes).ask(method, path)
  return { status, json: json() as object }
}

describe('what the API of Docker says about containers', () => {
  it.each([
    ['/containers/json', []],
    ['/networks', []],
    ['/plugins', []],
    ['/volumes', { Volumes: [], Warnings: [] }],
  ])('is that there are none: %s', async (path, expected) => {
    expect(await send('GET', path)).toMatchObject({ status: 200, json: expected })
  })

  it.each([
    ['GET', '/containers/nope/json', 'No such container: nope'],
    ['DELETE', '/containers/nope', 'No such container: nope'],
    ['GET', '/networks/nope', 'No such network: nope'],
    ['GET', '/volumes/nope', 'No such volume: nope'],
  ])(
    'is that the one that is asked for is unknown, which clients rely on: %s %s',
    async (method, path, message) => {
      expect(await send(method, path)).toMatchObject({ status: 404, json: { message } })
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
    expect(await send(method, path)).toMatchObject({
      status: 501,
      json: { message: 'This server is Windlass: it pulls and keeps images and runs no containers' },
    })
  })

  it.each(['containers', 'networks', 'volumes', 'build'])('has nothing to prune: %s', async (kind) => {
    const { status, json } = await send('POST', `/${kind}/prune`)
    expect([status, Object.values(json)[0]]).toEqual([200, null])
  })
})
