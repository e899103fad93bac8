/**
 * Set-ups of credentials and certificates: Windlass pulls, inspects and lists with the files that Docker and Podman read,
 * and sends the same credentials to the same hosts as skopeo and dockerd with these files.
 */
import { mkdir } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import {
  startRegistry,
  type RegistryOptions,
  type TestRegistry,
} from '../../../lib/testing/registry/index.js'
import { type Dockerd, startDockerd } from '../../../testbench/docker/dockerd.js'
import { expectExit, runWindlass } from '../../../testbench/harness/command-line.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { temporaryHelpers } from '../../support/credential-helpers.js'
import { createAuthority, startMutualTls } from '../../support/setups/authority.js'
import { requireIdentityToken } from '../../support/setups/oauth-server.js'
import { Setup, type Talks, type Wanted } from '../../support/setups/setup.js'
import { basic, credentialsSent, hostsAsked, Visits } from '../../support/setups/visits.js'

const login = { username: 'someone', password: 'of:the team' }
const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64')
const repository = 'team/app'
const image = tinyImage({ format: 'docker' })

/** What a registry with tokens receives: the login with the request for the token, and the token. */
const withToken = [`${basic(login)} for repository:${repository}:pull`, 'Bearer']

type Sent = ReturnType<typeof credentialsSent>

/**
 * Leaves out the login in the first request to a registry with tokens. Windlass sends it before it knows that the registry
 * wants a token (docs/decisions/0008-whom-the-client-talks-to.md); the others ask `/v2/` without a login first.
 */
const withoutFirstBasic = (sent: Sent): Sent =>
  Object.fromEntries(
    Object.entries(sent).map(([host, values]) => [
      host,
      values.includes('Bearer') ? values.filter((value) => value !== basic(login)) : values,
    ]),
  )

describeReal('Windlass and the tools whose files it reads, at registries with', () => {
  const visits = new Visits()
  const open: { close(): Promise<void> }[] = []
  const helpers = temporaryHelpers()
  let dockerd: Dockerd | string = 'not started'
  beforeAll(async () => {
    await runWindlass(['version']) // builds the command
    dockerd = await startDockerd()
  }, 300_000)
  afterAll(async () => {
    if (typeof dockerd !== 'string') await dockerd.stop()
  })
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close()
  })

  async function serve(options?: RegistryOptions): Promise<TestRegistry> {
    const registry = await startRegistry(options)
    open.push(registry)
    visits.watch('registry', registry)
    for (const tag of ['1', '2']) await putImage(registry, repository, tag, image)
    return registry
  }

  const wanted = (host: string): Wanted => ({
    ...{ name: `${host}/${repository}`, tag: '1', tags: ['1', '2'] },
    digest: image.manifest.digest,
  })

  /** Compares two programs: the hosts for the tag, each blob and the list of tags, and the credentials. */
  function expectSame(ours: Talks, theirs: Talks): void {
    for (const command of ['pull', 'inspect', 'tags'] as const) {
      const expected = withoutFirstBasic(credentialsSent(ours[command]))
      expect({ command, sent: credentialsSent(theirs[command]) }).toEqual({ command, sent: expected })
    }
    expect(hostsAsked(theirs.pull)).toEqual(hostsAsked(ours.pull))
    expect(hostsAsked(theirs.tags)).toEqual(hostsAsked(ours.tags))
    expect(Object.keys(hostsAsked(ours.pull))).toHaveLength(1 + image.blobs.size)
  }

  /** Compares `podman pull`, whose storage has no layer of an earlier test. */
  async function expectSameAsPodman(setup: Setup, host: string, ours: Talks): Promise<void> {
    const theirs = await setup.podmanPull(wanted(host))
    expect(credentialsSent(theirs)).toEqual(withoutFirstBasic(credentialsSent(ours.pull)))
    expect(hostsAsked(theirs)).toEqual(hostsAsked(ours.pull))
  }

  /** Compares `docker pull`, whose daemon sends what the client finds in its configuration. */
  async function expectSameAsDocker(setup: Setup, host: string, ours: Talks): Promise<void> {
    expect(dockerd).toMatchObject({ socket: expect.any(String) as string })
    if (typeof dockerd === 'string') return
    const theirs = await setup.dockerPull(dockerd.socket, wanted(host))
    expect(credentialsSent(theirs)).toEqual(withoutFirstBasic(credentialsSent(ours.pull)))
    // The daemon may have the layers of an earlier test.
    expect(hostsAsked(theirs)).toMatchObject({ 'manifest 1': ['registry'] })
  }

  it('no authentication', async () => {
    const { host } = await serve()
    const setup = await Setup.create(visits)
    await setup.writeRegistriesConf(host)
    const ours = await setup.windlassTalks(wanted(host))
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    expect(credentialsSent(ours.pull)).toEqual({})
    await expectSameAsDocker(setup, host, ours)
  }, 120_000)

  it('Basic authentication, by the login in config.json', async () => {
    const { host } = await serve({ auth: { kind: 'basic', ...login } })
    const setup = await Setup.create(visits)
    await setup.writeRegistriesConf(host)
    await setup.write('.docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }))
    const ours = await setup.windlassTalks(wanted(host))
    for (const command of ['pull', 'inspect', 'tags'] as const)
      expect(credentialsSent(ours[command])).toEqual({ registry: [basic(login)] })
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    await expectSameAsDocker(setup, host, ours)
  }, 120_000)

  it('tokens, by the login of a namespace in auth.json', async () => {
    const { host } = await serve({ auth: { kind: 'token', ...login } })
    const setup = await Setup.create(visits)
    await setup.writeRegistriesConf(host)
    const wrong = Buffer.from('someone:else').toString('base64')
    const auths = { [host]: { auth: wrong }, [`${host}/team`]: { auth } }
    setup.env['REGISTRY_AUTH_FILE'] = await setup.write('auth.json', JSON.stringify({ auths }))
    const ours = await setup.windlassTalks(wanted(host))
    expect(withoutFirstBasic(credentialsSent(ours.pull))).toEqual({ registry: withToken })
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    // Docker has no logins for namespaces.
    await setup.write('.docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }))
    await expectSameAsDocker(setup, host, ours)
  }, 120_000)

  it('OAuth2, by an identity token in config.json', async () => {
    const registry = await serve()
    const oauth = await requireIdentityToken(registry, 'identity-of-someone')
    open.push(oauth)
    const { host } = registry
    const setup = await Setup.create(visits)
    await setup.writeRegistriesConf(host)
    // As docker login writes it: a user name without a password.
    const userOnly = Buffer.from('someone:').toString('base64')
    const auths = { [host]: { auth: userOnly, identitytoken: 'identity-of-someone' } }
    await setup.write('.docker/config.json', JSON.stringify({ auths }))
    const ours = await setup.windlassTalks(wanted(host))
    const posted = oauth.take()
    expect(new Set(posted.map((each) => JSON.stringify(Object.entries(each).sort())))).toEqual(
      new Set([
        JSON.stringify([
          ['grant_type', 'refresh_token'],
          ['refresh_token', 'identity-of-someone'],
          ['scope', `repository:${repository}:pull`],
          ['service', 'windlass-oauth'],
        ]),
      ]),
    )
    const same = (each: Readonly<Record<string, string>>) => expect(posted).toContainEqual(each)
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    oauth.take().forEach(same)
    await expectSameAsDocker(setup, host, ours)
    const byDocker = oauth.take()
    expect(byDocker.length).toBeGreaterThan(0)
    byDocker.forEach(same)
  }, 120_000)

  it('Basic authentication, by a login that a credential helper keeps', async () => {
    const { host } = await serve({ auth: { kind: 'basic', ...login } })
    const setup = await Setup.create(visits)
    await setup.writeRegistriesConf(host)
    await helpers.add('kept', { [host]: [login.username, login.password] })
    setup.env['PATH'] = `${helpers.bin}:${process.env['PATH'] ?? ''}`
    await setup.write('.docker/config.json', JSON.stringify({ credHelpers: { [host]: 'kept' } }))
    const ours = await setup.windlassTalks(wanted(host))
    expect(credentialsSent(ours.pull)).toEqual({ registry: [basic(login)] })
    const calls = await helpers.calls('kept')
    expect(new Set(calls)).toEqual(new Set([`get ${host}`]))
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    await expectSameAsDocker(setup, host, ours)
    const all = await helpers.calls('kept')
    expect(all.length).toBeGreaterThan(calls.length + 1)
    expect(new Set(all)).toEqual(new Set([`get ${host}`]))
  }, 120_000)

  it('Basic authentication, by the second of the credential helpers that registries.conf lists', async () => {
    const { host } = await serve({ auth: { kind: 'basic', ...login } })
    const setup = await Setup.create(visits)
    await setup.write(
      '.config/containers/registries.conf',
      `credential-helpers = ["containers-auth.json", "none", "kept"]\n[[registry]]\nlocation = "${host}"\ninsecure = true\n`,
    )
    await helpers.add('none', {})
    await helpers.add('kept', { [host]: [login.username, login.password] })
    setup.env['PATH'] = `${helpers.bin}:${process.env['PATH'] ?? ''}`
    const asked = async (name: string): Promise<readonly string[]> => [...new Set(await helpers.calls(name))]
    const ours = await setup.windlassTalks(wanted(host))
    expect(credentialsSent(ours.pull)).toEqual({ registry: [basic(login)] })
    expect([await asked('none'), await asked('kept')]).toEqual([[`get ${host}`], [`get ${host}`]])
    expectSame(ours, await setup.skopeoTalks(wanted(host)))
    await expectSameAsPodman(setup, host, ours)
    expect([await asked('none'), await asked('kept')]).toEqual([[`get ${host}`], [`get ${host}`]])
    // A login in a file that comes first is used, and no helper is asked.
    const before = (await helpers.calls('kept')).length
    await setup.write('.docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }))
    visits.take()
    expectExit(await setup.windlass('inspect', `${wanted(host).name}:1`), 0)
    expect(credentialsSent(visits.take())).toEqual({ registry: [basic(login)] })
    await setup.skopeo('inspect', `docker://${wanted(host).name}:1`)
    expect(credentialsSent(visits.take())).toEqual({ registry: [basic(login)] })
    expect(await helpers.calls('kept')).toHaveLength(before)
  }, 120_000)

  it('mutual TLS, by a client certificate in certs.d', async () => {
    const registry = await serve({ auth: { kind: 'basic', ...login } })
    const setup = await Setup.create(visits)
    await mkdir(setup.path('authority'))
    const authority = await createAuthority(setup.path('authority'))
    const front = await startMutualTls(authority, registry.url)
    open.push(front)
    const directory = `.config/containers/certs.d/${front.host}`
    await setup.write(`${directory}/ca.crt`, authority.ca)
    // Without a certificate of its own, a client is refused before it sends a request.
    expect((await setup.windlass('tags', `${front.host}/${repository}`)).exit).not.toBe(0)
    expect(front.takeSubjects()).toEqual([])
    await setup.write(`${directory}/client.cert`, authority.client.cert)
    await setup.write(`${directory}/client.key`, authority.client.key)
    await setup.write('.docker/config.json', JSON.stringify({ auths: { [front.host]: { auth } } }))
    const ours = await setup.windlassTalks(wanted(front.host))
    expect(front.takeSubjects()).toEqual(['client of a test'])
    expect(credentialsSent(ours.pull)).toEqual({ registry: [basic(login)] })
    expectSame(ours, await setup.skopeoTalks(wanted(front.host)))
    await expectSameAsPodman(setup, front.host, ours)
    expect(front.takeSubjects()).toEqual(['client of a test'])
  }, 120_000)

  it.each(['SSL_CERT_FILE', 'certs.d'])(
    'an authority of their own in %s',
    async (place) => {
      const setup = await Setup.create(visits)
      await mkdir(setup.path('authority'))
      const { ca, server } = await createAuthority(setup.path('authority'))
      const { host } = await serve({ tls: server, auth: { kind: 'token', ...login } })
      await setup.write('.docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }))
      const refused = await setup.windlass('tags', `${host}/${repository}`)
      expect(refused.exit).not.toBe(0)
      expect(visits.take()).toEqual([])
      if (place === 'certs.d') await setup.write(`.config/containers/certs.d/${host}/own.crt`, ca)
      else setup.env['SSL_CERT_FILE'] = await setup.write('authorities.pem', ca)
      const ours = await setup.windlassTalks(wanted(host))
      expect(withoutFirstBasic(credentialsSent(ours.pull))).toEqual({ registry: withToken })
      expectSame(ours, await setup.skopeoTalks(wanted(host)))
      await expectSameAsPodman(setup, host, ours)
    },
    120_000,
  )
})
