import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DockerServer, startDockerServer } from '../../support/docker-server.js'

describe('what the API of Docker says about the server', () => {
  let docker: DockerServer
  beforeAll(async () => {
    docker = await startDockerServer({ registry: { auth: { kind: 'basic', username: 'u', password: 'p' } } })
  })
  afterAll(() => docker[Symbol.asyncDispose]())

  it('answers a ping, also one by HEAD, which every client sends first', async () => {
    const get = await docker.send('GET', '/_ping')
    expect(get).toMatchObject({ status: 200, text: 'OK' })
    const head = await docker.send('HEAD', '/_ping')
    expect(head).toMatchObject({ status: 200, text: '' })
    for (const { headers } of [get, head])
      expect(headers).toMatchObject({
        'api-version': '1.51',
        'cache-control': 'no-cache, no-store, must-revalidate',
        pragma: 'no-cache',
        swarm: 'inactive',
      })
    expect(head.headers['content-length']).toBe('0')
  })

  it('has the versions, and a component with its own name', async () => {
    expect((await docker.send('GET', '/version')).json).toMatchObject({
      ...{ Version: '1.2.3', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux' },
      Components: [{ Name: 'Windlass', Version: '1.2.3' }],
    })
  })

  it('says in its info that it runs no containers', async () => {
    expect((await docker.send('GET', '/v1.40/info')).json).toMatchObject({
      ...{ Containers: 0, Images: 0, Driver: 'windlass', OSType: 'linux', DockerRootDir: docker.store },
      OperatingSystem: expect.stringContaining('runs no containers') as unknown,
      Swarm: { LocalNodeState: 'inactive' },
    })
  })

  it('checks a login with the registry', async () => {
    const login = (password: string, serveraddress = docker.registry.host) =>
      docker.send('POST', '/auth', { body: JSON.stringify({ username: 'u', password, serveraddress }) })
    expect(await login('p')).toMatchObject({
      status: 200,
      json: { Status: 'Login Succeeded', IdentityToken: '' },
    })
    const refused = await login('wrong')
    expect(refused).toMatchObject({
      status: 401,
      json: {
        message: `login attempt to http://${docker.registry.host}/v2/ failed with status: 401 Unauthorized`,
      },
    })
    expect(refused.text).not.toContain('wrong')
    expect(await login('p', '127.0.0.1:1')).toMatchObject({ status: 500 })
    const unreachable = await login('p', '127.0.0.1:1')
    expect((unreachable.json as { message: string }).message).toMatch(/127\.0\.0\.1:1.*\. \w/)
    expect(await docker.send('POST', '/auth', { body: '{}' })).toMatchObject({ status: 400 })
  })
})
