import { describe, expect, it } from 'vitest'
import { buildImage } from '../../../lib/testing/images/index.js'
import { TokenCheck } from '../../../server/security/token.js'
import { Workbench } from '../../support/workbench.js'
import { putInStore, served } from './stored.js'

const bench = new Workbench()

const image = buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] })
const directory = bench.path()
await putInStore(directory, { 'docker.io/library/app:1': image })
const paths = [
  '',
  'library/app/manifests/1',
  'library/app/tags/list',
  `library/app/blobs/${image.config.digest}`,
]
const statuses = async (
  { status }: ReturnType<typeof served>,
  headers: Readonly<Record<string, string>> = {},
): Promise<number[]> => Promise.all(paths.map((path) => status(path, headers)))
const all = (status: number): number[] => paths.map(() => status)

describe('the registry on loopback', () => {
  const local = served(
    directory,
    {},
    { check: undefined, hosts: new Set(['127.0.0.1:5180', 'localhost:5180']) },
  )

  it('is read without a token, under the addresses of the server', async () => {
    for (const host of ['127.0.0.1:5180', 'localhost:5180', 'LOCALHOST:5180'])
      expect(await statuses(local, { host })).toEqual(all(200))
  })

  it('refuses other host names, which a page reaches by DNS rebinding', async () => {
    for (const host of ['evil.example:5180', '127.0.0.1', 'localhost:80'])
      expect(await statuses(local, { host })).toEqual(all(403))
  })

  it('refuses what a page sends through a browser', async () => {
    const host = '127.0.0.1:5180'
    expect(await statuses(local, { host, origin: 'https://evil.example' })).toEqual(all(403))
    expect(await statuses(local, { host, 'sec-fetch-site': 'cross-site' })).toEqual(all(403))
    const response = await local.get('', { host, origin: 'https://evil.example' })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(await response.json()).toMatchObject({ errors: [{ code: 'DENIED' }] })
  })
})

describe('the registry beyond loopback', () => {
  const remote = served(directory, {}, { check: new TokenCheck('secret'), hosts: new Set() })
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

  it('needs the token, as a password or as a bearer token, under any host name', async () => {
    expect(await statuses(remote, { authorization: basic('anyone:secret') })).toEqual(all(200))
    expect(await statuses(remote, { authorization: 'Bearer secret', host: 'node-1.example' })).toEqual(
      all(200),
    )
  })

  it('asks for it in the way that clients understand', async () => {
    for (const authorization of ['', basic('anyone:wrong'), 'Bearer wrong', 'Basic secret'])
      expect(await statuses(remote, { authorization })).toEqual(all(401))
    const response = await remote.get('')
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="windlass"')
    expect(await response.json()).toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] })
  })
})
