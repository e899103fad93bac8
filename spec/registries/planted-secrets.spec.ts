import { brotliCompressSync } from 'node:zlib'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Credential, onlyFor } from '../../lib/registry/index.js'
import {
  faults,
  problem,
  type Fault,
  type RequestKind,
  type TestRegistry,
} from '../../lib/testing/registry/index.js'
import { bytesOf, withRegistry } from '../support/with-registry.js'

const password = 'pl4nted-passw0rd'
const basic = Buffer.from(`user:${password}`).toString('base64')
const bearer = 'pl4nted-t0ken-0123456789'
const signature = 'pl4nted-signature'
const secrets = [password, basic, bearer, signature, 'refresh-pl4nted']

/** Everything that a log, a terminal or a crash report could show of an error. */
const shown = (error: unknown): string =>
  [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    error instanceof Error ? `${error.stack ?? ''}${String(error.cause)}` : '',
  ].join('\n')

/** A registry that tells back what it was sent, in every refusal. */
function echoing(
  registry: TestRegistry,
  credential: Credential,
  status: (kind: RequestKind) => number | undefined,
): void {
  registry.hook(({ kind, headers }) => {
    const refused = status(kind)
    if (refused !== undefined) {
      const sent = `${headers['authorization'] ?? 'nothing'} \u001b[2J ${credential.secrets().join(' ')}`
      return problem(refused, 'DENIED', sent)
    }
    if (kind === 'token')
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify({ token: bearer })) }
    return headers['authorization'] === `Bearer ${bearer}`
      ? undefined
      : problem(401, 'UNAUTHORIZED', 'x', {
          'www-authenticate': `Bearer realm="${registry.url}/token?sig=${signature}"`,
        })
  })
}

const elsewhere = `http://user:${password}@127.0.0.1:1/x?X-Amz-Signature=${signature}#${signature}`

describe('planted secrets appear in no error', () => {
  const credentials = [Credential.password('user', password), Credential.identity('refresh-pl4nted')]
  const refusals: readonly (readonly [string, (kind: RequestKind) => number | undefined])[] = [
    ['the token server refuses', (kind) => (kind === 'token' ? 401 : undefined)],
    ['the registry refuses the manifest', (kind) => (kind === 'manifest' ? 403 : undefined)],
    ['the registry refuses the blob', (kind) => (kind === 'blob' ? 500 : undefined)],
    ['the registry refuses the tags', (kind) => (kind === 'tags' ? 404 : undefined)],
  ]
  const breaks: readonly Fault[] = [
    faults.redirect(elsewhere),
    faults.redirect(`file:///x?${signature}`),
    faults.truncate(10),
    faults.reset(0),
    faults.stall(10),
    faults.body((body) => brotliCompressSync(body), {}, { 'content-encoding': 'br' }),
  ]

  const failures = async (
    prepare: (registry: TestRegistry) => void,
    credential: Credential,
  ): Promise<readonly string[]> => {
    const all: string[] = []
    const client = ({ host }: TestRegistry) => ({
      credentials: onlyFor(host, credential),
      timeouts: { stall: 300 },
    })
    await withRegistry({}, client, async ({ repository, registry, registries, blob }) => {
      prepare(registry)
      const keep = (error: unknown): void => void all.push(shown(error))
      await repository.manifest('latest').catch(keep)
      await repository.blob(blob).then(bytesOf).catch(keep)
      await repository.tags()[Symbol.asyncIterator]().next().catch(keep)
      all.push(inspect([registries, repository], { depth: 20, showHidden: true }), JSON.stringify(repository))
    })
    return all
  }

  it.each(refusals)('when %s', async (_, status) => {
    for (const credential of credentials) {
      const texts = await failures((registry) => echoing(registry, credential, status), credential)
      expect(texts.length).toBeGreaterThan(2)
      for (const text of texts) {
        for (const secret of secrets) expect(text).not.toContain(secret)
        expect(text).not.toContain('\u001b')
      }
    }
  })

  it('when the connection or a redirect goes wrong', async () => {
    for (const fault of breaks) {
      const credential = Credential.password('user', password)
      const prepare = (registry: TestRegistry): void => {
        echoing(registry, credential, () => undefined)
        registry.addFault(fault)
      }
      const texts = await failures(prepare, credential)
      expect(texts.length).toBeGreaterThan(2)
      for (const text of texts) for (const secret of secrets) expect(text).not.toContain(secret)
    }
  })
})
