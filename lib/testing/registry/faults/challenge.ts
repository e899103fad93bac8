/** Faults of challenges: `WWW-Authenticate`, its realm, and endless refusals. */
import { json, problem } from '../answer.js'
import { faults } from '../fault.js'
import { forever, head } from '../wire.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const challenge = faultsOf('challenge')
const scope = 'scope="repository:team/app:pull"'
const service = 'service="windlass-registry"'

/** Every refusal has this challenge. */
const withChallenge = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  words: string | undefined | ((scene: FaultScene) => string),
  change: FaultChange = outcome === 'image' ? {} : { requests: 2, bytes: 4096 },
): CataloguedFault =>
  challenge(
    name,
    behaviour,
    outcome,
    (scene) => scene.registry.addFault(faults.challenge(typeof words === 'function' ? words(scene) : words)),
    change,
  )

/** Every refusal names this token server, which the client must not contact. */
const realm = (name: string, where: string): CataloguedFault =>
  withChallenge(
    `realm-${name}`,
    `names the token server \`${where}\``,
    'CHALLENGE_INVALID',
    `Bearer realm="${where}",${service},${scope}`,
  )

const realms = [
  realm('file', 'file:///etc/passwd'),
  realm('unix', 'unix:/var/run/docker.sock:/token'),
  realm('data', 'data:application/json,{}'),
  realm('ftp', 'ftp://192.0.2.1/token'),
  realm('relative', '/token'),
  realm('no-url', 'http://['),
  realm('empty', ''),
  realm('metadata', 'http://169.254.169.254/latest/meta-data'),
  realm('metadata-name', 'http://metadata.google.internal/token'),
  realm('metadata-ipv6', 'http://[fd00:ec2::254]/token'),
  realm('metadata-as-number', 'http://2852039166/token'),
  realm('metadata-in-ipv6', 'http://[::ffff:169.254.169.254]/token'),
  realm('link-local', 'http://[fe80::1]/token'),
  realm('unspecified', 'http://0.0.0.0:1/token'),
  realm('unspecified-ipv6', 'http://[::]:1/token'),
  realm('user-info', 'http://someone:secret@127.0.0.1:1/token'),
]

const wordings = [
  withChallenge('absent', 'does not say how to log in, at its root neither', 'CHALLENGE_INVALID', undefined, {
    requests: 3,
    bytes: 4096,
  }),
  withChallenge('empty', 'asks in an empty header', 'CHALLENGE_INVALID', '', { requests: 3, bytes: 4096 }),
  withChallenge('garbage', 'asks in no words', 'CHALLENGE_INVALID', ',,;= "Bearer realm'),
  withChallenge('no-realm', 'names no token server', 'CHALLENGE_INVALID', `Bearer ${service},${scope}`),
  withChallenge('unknown-scheme', 'wants a Digest', 'CHALLENGE_INVALID', 'Digest realm="x", nonce="y"'),
  withChallenge(
    'basic-for-ever',
    'wants the Basic login that it was given, again',
    'UNAUTHORIZED',
    'Basic realm="x"',
  ),
  withChallenge(
    'odd-spelling',
    'asks in odd spelling: case, blanks, an escape in a quoted string',
    'image',
    ({ registry }) =>
      `,, bEARER  SERVICE="windlass\\-registry" ,\t Realm = "${registry.url}/token" , x="a,b=\\"c" ,${scope}`,
  ),
  withChallenge(
    'second-of-two',
    'asks twice, and only the second can be answered',
    'image',
    ({ registry }) => `Bearer ${service}, Bearer realm="${registry.url}/token",${service},${scope}`,
  ),
  withChallenge(
    'after-negotiate',
    'offers Negotiate before Bearer',
    'image',
    ({ registry }) => `Negotiate dGVzdA==, Bearer realm="${registry.url}/token",${service},${scope}`,
  ),
  withChallenge(
    'many',
    'asks in 500 ways of which one is known',
    'image',
    ({ registry }) => `${'Odd a=b, '.repeat(500)}Bearer realm="${registry.url}/token",${service},${scope}`,
    { bytes: 120 * 1024 },
  ),
  withChallenge(
    'realm-with-query',
    'names a token server with a query and a fragment',
    'image',
    ({ registry }) => `Bearer realm="${registry.url}/token?account=x&b=%22#here",${service},${scope}`,
  ),
  withChallenge(
    'several-scopes',
    'wants two scopes',
    'image',
    ({ registry }) =>
      `Bearer realm="${registry.url}/token",${service},scope="repository:team/app:pull repository:team/base:pull"`,
  ),
  withChallenge(
    'no-scope',
    'names no scope',
    'image',
    ({ registry }) => `Bearer realm="${registry.url}/token",${service}`,
  ),
  withChallenge(
    'other-scope',
    'wants a token for another repository, and then refuses it',
    'UNAUTHORIZED',
    ({ registry }) =>
      `Bearer realm="${registry.url}/token",${service},scope="repository:other/app:push,pull"`,
    { requests: 4, bytes: 4096 },
  ),
  withChallenge(
    'other-service',
    'names a service that the token server does not know',
    'REGISTRY_RESPONSE',
    ({ registry }) => `Bearer realm="${registry.url}/token",service="\x9b31mred",${scope}`,
    { requests: 3, bytes: 4096 },
  ),
]

/** Faults of challenges. */
export const challengeFaults: readonly CataloguedFault[] = [
  ...realms,
  ...wordings,
  challenge(
    'realm-http-under-https',
    'speaks TLS and names a token server in plain HTTP',
    'CHALLENGE_INVALID',
    ({ registry, elsewhere }) =>
      registry.addFault(faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`)),
    { setting: { tls: {}, elsewhere: 'http' }, requests: 3, bytes: 8192 },
  ),
  challenge(
    'realm-beside',
    'names a token server beside it on this machine, whose token it does not take',
    'UNAUTHORIZED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`))
      elsewhere.hook(({ kind }) => (kind === 'token' ? json(200, { token: 'not-a-good-one' }) : undefined))
    },
    { credentialsAt: ['registry', 'elsewhere'], requests: 3, elsewhere: 1, bytes: 4096 },
  ),
  challenge(
    'realm-switch',
    'names another token server in the middle of a pull',
    'CHALLENGE_INVALID',
    ({ registry, elsewhere }) =>
      registry.addFault(
        faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`, { kind: 'blob' }),
      ),
    { setting: { auth: { expireOnce: true } } },
  ),
  challenge('token-dies-early', 'takes back the token before the first blob', 'image', () => undefined, {
    setting: { auth: { expireOnce: true } },
    requests: 11,
  }),
  challenge(
    'refuses-manifest-for-ever',
    'refuses the manifest with every token',
    'UNAUTHORIZED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          ({ headers }) => problem(401, 'UNAUTHORIZED', 'again', challengeOf(headers, registry.url)),
          {
            kind: 'manifest',
          },
        ),
      ),
    { requests: 4, bytes: 4096 },
  ),
  challenge(
    'refuses-blobs-for-ever',
    'refuses every blob with every token',
    'UNAUTHORIZED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          ({ headers }) => problem(401, 'UNAUTHORIZED', 'again', challengeOf(headers, registry.url)),
          {
            kind: 'blob',
          },
        ),
      ),
    { requests: 14, bytes: 16 * 1024 },
  ),
  challenge(
    'refuses-everything-for-ever',
    'refuses everything, the token too',
    'UNAUTHORIZED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          ({ headers }) => problem(401, 'UNAUTHORIZED', 'again', challengeOf(headers, registry.url)),
          {
            kind: 'any',
          },
        ),
      ),
    { requests: 3, bytes: 4096 },
  ),
  challenge(
    'insufficient-scope',
    'says that the token does not suffice',
    'DENIED',
    ({ registry }) =>
      registry.addFault(
        faults.answer(
          problem(401, 'DENIED', 'no', {
            'www-authenticate': `Bearer realm="${registry.url}/token",${service},${scope},error="insufficient_scope"`,
          }),
          { kind: 'manifest' },
        ),
      ),
    { requests: 4, bytes: 4096 },
  ),
  challenge(
    'endless-refusal',
    'refuses with a body that never ends',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(
          function* ({ headers }) {
            yield head('401 Unauthorized', `www-authenticate: ${headers['www-authenticate'] ?? ''}`)
            yield* forever('x'.repeat(4096))
          },
          { kind: 'manifest', status: 401 },
        ),
      ),
    { bytes: 8 * 2 ** 20 },
  ),
]

/** Returns the challenge of the registry if there is one, else an equivalent one. */
const challengeOf = (headers: Readonly<Record<string, string>>, url: string): Record<string, string> => ({
  'www-authenticate': headers['www-authenticate'] ?? `Bearer realm="${url}/token",${service},${scope}`,
})
