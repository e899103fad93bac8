/** The client against the distribution server itself. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Credential, onlyFor, Registries, type Repository } from '../../lib/registry/index.js'
import { describeReal } from '../../testbench/harness/components.js'
import {
  startDistribution,
  type Distribution,
  type RegistryAuth,
} from '../../testbench/harness/distribution.js'
import { bytesOf, content, descriptor } from '../support/with-registry.js'

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Pushes over plain HTTP, as the specification says: nothing of ours is in it. */
async function push(host: string, headers: Record<string, string>, path: string, body: Buffer, type: string) {
  const put = (url: URL) =>
    fetch(url, { method: 'PUT', body: new Uint8Array(body), headers: { ...headers, 'content-type': type } })
  if (path.includes('/manifests/')) return put(new URL(`http://${host}${path}`))
  const upload = await fetch(`http://${host}${path}/uploads/`, { method: 'POST', headers })
  const url = new URL(upload.headers.get('location') ?? '', `http://${host}`)
  url.searchParams.set('digest', sha256(body))
  return put(url)
}

const against = (auth: RegistryAuth) => () => {
  let server: Distribution
  let registries: Registries
  let repository: Repository
  const digest = sha256(content)
  const config = Buffer.from('{}')
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: sha256(config),
        size: config.length,
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: content.length }],
    }),
  )

  beforeAll(async () => {
    server = await startDistribution({ auth })
    const { username = '', password = '' } = server.credentials ?? {}
    registries = new Registries(
      server.credentials === undefined
        ? {}
        : { credentials: onlyFor(server.host, Credential.password(username, password)) },
    )
    repository = registries.repository({ registry: server.host, repository: 'team/app' })
    const headers: Record<string, string> = {}
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    if (auth === 'basic') headers['authorization'] = basic
    if (server.tokens !== undefined) {
      const url = `${server.tokens.realm}?service=${server.tokens.service}&scope=repository:team/app:pull,push`
      const { token } = (await (await fetch(url, { headers: { authorization: basic } })).json()) as {
        token: string
      }
      headers['authorization'] = `Bearer ${token}`
    }
    const type = 'application/vnd.oci.image.manifest.v1+json'
    for (const bytes of [content, config])
      await push(server.host, headers, '/v2/team/app/blobs', bytes, 'application/octet-stream')
    for (const tag of ['v1', 'v2', 'latest']) {
      const { status } = await push(server.host, headers, `/v2/team/app/manifests/${tag}`, manifest, type)
      expect(status).toBe(201)
    }
  })
  afterAll(async () => {
    await registries.close()
    await server.stop()
  })

  it('gives a manifest by tag and by digest, and its head', async () => {
    expect((await repository.manifest('latest')).bytes).toEqual(manifest)
    expect((await repository.manifest(sha256(manifest))).bytes).toEqual(manifest)
    expect(await repository.head('v1')).toMatchObject({ digest: sha256(manifest), size: manifest.length })
  })

  it('gives a blob, whole and from the middle', async () => {
    const whole = await repository.blob(descriptor(digest))
    expect((await bytesOf(whole)).equals(content)).toBe(true)
    const request = {
      offset: 99_000,
      ...(whole.validator === undefined ? {} : { validator: whole.validator }),
    }
    const rest = await repository.blob(descriptor(digest), request)
    expect(rest.offset).toBe(99_000)
    expect((await bytesOf(rest)).equals(content.subarray(99_000))).toBe(true)
    expect(
      (await bytesOf(await repository.blob(descriptor(digest), { offset: 100_000 }))).equals(content),
    ).toBe(true)
  })

  it('lists tags', async () => {
    const tags: string[] = []
    for await (const page of repository.tags()) tags.push(...page)
    expect(tags.sort()).toEqual(['latest', 'v1', 'v2'])
  })

  it('says what it does not have', async () => {
    await expect(repository.manifest('none')).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    const zero = descriptor(`sha256:${'0'.repeat(64)}`)
    await expect(repository.blob(zero)).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' })
  })

  it('lets in whoever it should', async () => {
    const strangers = new Registries({
      credentials: onlyFor(server.host, Credential.password('user', 'wrong')),
    })
    const { host } = server
    const refused = strangers.repository({ registry: host, repository: 'team/app' }).manifest('latest')
    if (auth === 'open') expect((await refused).bytes).toEqual(manifest)
    else await expect(refused).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await strangers.close()
  })
}

for (const auth of ['open', 'basic', 'token'] as const)
  describeReal(`docker-registry (${auth})`, against(auth))
