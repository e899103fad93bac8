import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../../server/index.js'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

describe('the API of Docker', () => {
  let docker: DockerServer
  beforeAll(async () => (docker = await startDockerServer()))
  afterAll(() => docker[Symbol.asyncDispose]())

  it.each([
    ['GET', '/_ping', 200],
    ['GET', '/v1.24/images/json', 200],
    ['GET', '/images/nope/json', 404],
    ['GET', '/v1.99/info', 400],
    ['POST', '/containers/create', 501],
  ])('names its version and its system in every answer: %s %s', async (method, path, status) => {
    const answer = await docker.send(method, path)
    expect(answer.status).toBe(status)
    expect(answer.headers).toMatchObject({
      'api-version': '1.51',
      ostype: 'linux',
      'docker-experimental': 'false',
      server: 'Docker/1.2.3 (linux)',
    })
  })

  it('refuses versions that it does not speak, in the words of dockerd', async () => {
    expect(await docker.send('GET', '/v1.23/version')).toMatchObject({
      status: 400,
      json: {
        message:
          'client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
      },
    })
    expect(await docker.send('GET', '/v1.52/images/json?manifests=1')).toMatchObject({
      status: 400,
      json: { message: 'client version 1.52 is too new. Maximum supported API version is 1.51' },
    })
  })

  it('answers the requests of the client of version 29, which asks for the version first', async () => {
    const { headers } = await docker.send('HEAD', '/_ping')
    const version = String(headers['api-version'])
    for (const [path, expected] of [
      ['/images/json?manifests=1', []],
      ['/images/json?all=1&manifests=1', []],
      ['/system/df?verbose=1', { Images: [] }],
    ] as const)
      expect(await docker.send('GET', `/v${version}${path}`)).toMatchObject({ status: 200, json: expected })
    expect(await docker.send('GET', `/v${version}/images/alpine/json?manifests=1`)).toMatchObject({
      status: 404,
    })
  })

  it('leaves the other paths to the other parts of the server', async () => {
    expect((await docker.send('GET', '/api/v1/info')).json).toMatchObject({ version: '1.2.3' })
    expect((await docker.send('GET', '/api/v1/info')).headers).not.toHaveProperty('ostype')
  })

  it('answers unknown paths with 404 and a message', async () => {
    expect(await docker.send('GET', '/v1.51/images')).toMatchObject({
      status: 404,
      json: { message: 'page not found' },
    })
  })

  it('needs the token on TCP, as Bearer or as the password of Basic', async () => {
    const server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      open: { store: `${temporaryDirectory()}/store` },
    })
    try {
      const [address] = server.addresses
      const ask = async (authorization?: string): Promise<number> => {
        const headers = authorization === undefined ? {} : { authorization }
        return (await fetch(`${address}/v1.44/images/json`, { headers })).status
      }
      expect(await ask()).toBe(401)
      expect(await ask('Bearer nonsense')).toBe(401)
      expect(await ask(`Bearer ${server.token}`)).toBe(200)
      expect(await ask(`Basic ${Buffer.from(`any:${server.token}`).toString('base64')}`)).toBe(200)
    } finally {
      await server.close()
    }
  })
})
