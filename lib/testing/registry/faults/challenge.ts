/** Faults of challenges (`WWW-Authenticate`): their syntax, their realm, and refusals that are repeated forever. */
import { json, problem } from '../answer.js'
import { faults } from '../fault.js'
import { repeatForever, head } from '../wire.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const challengeFault = faultDefiner('challenge')
const scope = 'scope="repository:team/app:pull"'
const service = 'service="windlass-registry"'

/** Defines a fault that sends `challengeText` as the challenge of every refusal, or no challenge if it is undefined. */
const challengeTextFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  challengeText: string | undefined | ((scene: FaultScene) => string),
  change: FaultChange = outcome === 'image' ? {} : { requests: 2, bytes: 4096 },
): CataloguedFault =>
  challengeFault(
    name,
    behaviour,
    outcome,
    (scene) =>
      scene.registry.addFault(
        faults.challenge(typeof challengeText === 'function' ? challengeText(scene) : challengeText),
      ),
    change,
  )

/** Defines a fault whose refusals name the token server `where`, which the client must not contact. */
const realmFault = (name: string, where: string): CataloguedFault =>
  challengeTextFault(
    `realm-${name}`,
    `names the token server \`${where}\``,
    'CHALLENGE_INVALID',
    `Bearer realm="${where}",${service},${scope}`,
  )

const realmFaults = [
  realmFault('file', 'file:///etc/passwd'),
  realmFault('unix', 'unix:/var/run/docker.sock:/token'),
  realmFault('data', 'data:application/json,{}'),
  realmFault('ftp', 'ftp://192.0.2.1/token'),
  realmFault('relative', '/token'),
  realmFault('no-url', 'http://['),
  realmFault('empty', ''),
  realmFault('metadata', 'http://169.254.169.254/latest/meta-data'),
  realmFault('metadata-name', 'http://metadata.google.internal/token'),
  realmFault('metadata-ipv6', 'http://[fd00:ec2::254]/token'),
  realmFault('metadata-as-number', 'http://2852039166/token'),
  realmFault('metadata-in-ipv6', 'http://[::ffff:169.254.169.254]/token'),
  realmFault('link-local', 'http://[fe80::1]/token'),
  realmFault('unspecified', 'http://0.0.0.0:1/token'),
  realmFault('unspecified-ipv6', 'http://[::]:1/token'),
  realmFault('user-info', 'http://someone:secret@127.0.0.1:1/token'),
]

const challengeTextFaults = [
  challengeTextFault(
    'absent',
    'sends no challenge, neither for the manifest nor for `/v2/`',
    'CHALLENGE_INVALID',
    undefined,
    {
      requests: 3,
      bytes: 4096,
    },
  ),
  challengeTextFault('empty', 'sends an empty `WWW-Authenticate`', 'CHALLENGE_INVALID', '', {
    requests: 3,
    bytes: 4096,
  }),
  challengeTextFault(
    'garbage',
    'sends a malformed `WWW-Authenticate`',
    'CHALLENGE_INVALID',
    ',,;= "Bearer realm',
  ),
  challengeTextFault(
    'no-realm',
    'sends a Bearer challenge without a realm',
    'CHALLENGE_INVALID',
    `Bearer ${service},${scope}`,
  ),
  challengeTextFault(
    'unknown-scheme',
    'sends a challenge for Digest authentication',
    'CHALLENGE_INVALID',
    'Digest realm="x", nonce="y"',
  ),
  challengeTextFault(
    'basic-for-ever',
    'refuses the correct Basic login, again with a Basic challenge',
    'UNAUTHORIZED',
    'Basic realm="x"',
  ),
  challengeTextFault(
    'odd-spelling',
    'sends a valid challenge in unusual spelling: case, blanks, an escape in a quoted string',
    'image',
    ({ registry }) =>
      `,, bEARER  SERVICE="windlass\\-registry" ,\t Realm = "${registry.url}/token" , x="a,b=\\"c" ,${scope}`,
  ),
  challengeTextFault(
    'second-of-two',
    'sends two Bearer challenges, the first without a realm',
    'image',
    ({ registry }) => `Bearer ${service}, Bearer realm="${registry.url}/token",${service},${scope}`,
  ),
  challengeTextFault(
    'after-negotiate',
    'sends a Negotiate challenge before the Bearer challenge',
    'image',
    ({ registry }) => `Negotiate dGVzdA==, Bearer realm="${registry.url}/token",${service},${scope}`,
  ),
  challengeTextFault(
    'many',
    'sends 500 challenges of an unknown scheme before the Bearer challenge',
    'image',
    ({ registry }) => `${'Odd a=b, '.repeat(500)}Bearer realm="${registry.url}/token",${service},${scope}`,
    { bytes: 120 * 1024 },
  ),
  challengeTextFault(
    'realm-with-query',
    'sends a realm with a query and a fragment',
    'image',
    ({ registry }) => `Bearer realm="${registry.url}/token?account=x&b=%22#here",${service},${scope}`,
  ),
  challengeTextFault(
    'several-scopes',
    'requires two scopes',
    'image',
    ({ registry }) =>
      `Bearer realm="${registry.url}/token",${service},scope="repository:team/app:pull repository:team/base:pull"`,
  ),
  challengeTextFault(
    'no-scope',
    'sends a challenge without a scope',
    'image',
    ({ registry }) => `Bearer realm="${registry.url}/token",${service}`,
  ),
  challengeTextFault(
    'other-scope',
    'requires a token for another repository, and refuses that token',
    'UNAUTHORIZED',
    ({ registry }) =>
      `Bearer realm="${registry.url}/token",${service},scope="repository:other/app:push,pull"`,
    { requests: 4, bytes: 4096 },
  ),
  challengeTextFault(
    'other-service',
    'sends a service that the token server does not know, with terminal escape sequences',
    'REGISTRY_RESPONSE',
    ({ registry }) => `Bearer realm="${registry.url}/token",service="\x9b31mred",${scope}`,
    { requests: 3, bytes: 4096 },
  ),
]

/** Faults of challenges. */
export const challengeFaults: readonly CataloguedFault[] = [
  ...realmFaults,
  ...challengeTextFaults,
  challengeFault(
    'realm-http-under-https',
    'uses TLS and names a token server with plain HTTP',
    'CHALLENGE_INVALID',
    ({ registry, elsewhere }) =>
      registry.addFault(faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`)),
    { setting: { tls: {}, elsewhere: 'http' }, requests: 3, bytes: 8192 },
  ),
  challengeFault(
    'realm-beside',
    'names the other origin as its token server, and refuses the token of that server',
    'UNAUTHORIZED',
    ({ registry, elsewhere }) => {
      registry.addFault(faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`))
      elsewhere.hook(({ kind }) => (kind === 'token' ? json(200, { token: 'not-a-good-one' }) : undefined))
    },
    { credentialsAt: ['registry', 'elsewhere'], requests: 3, elsewhere: 1, bytes: 4096 },
  ),
  challengeFault(
    'realm-switch',
    'names another token server when the token has expired in the middle of a pull',
    'CHALLENGE_INVALID',
    ({ registry, elsewhere }) =>
      registry.addFault(
        faults.challenge(`Bearer realm="${elsewhere.url}/token",${service},${scope}`, { kind: 'blob' }),
      ),
    { setting: { auth: { expireOnce: true } } },
  ),
  challengeFault('token-dies-early', 'revokes the token before the first blob', 'image', () => undefined, {
    setting: { auth: { expireOnce: true } },
    requests: 11,
  }),
  challengeFault(
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
  challengeFault(
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
  challengeFault(
    'refuses-everything-for-ever',
    'refuses every request, that for a token too',
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
  challengeFault(
    'insufficient-scope',
    'refuses the manifest with `error="insufficient_scope"`',
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
  challengeFault(
    'endless-refusal',
    'sends a refusal whose body never ends',
    'image',
    ({ registry }) =>
      registry.addFault(
        faults.wire(
          function* ({ headers }) {
            yield head('401 Unauthorized', `www-authenticate: ${headers['www-authenticate'] ?? ''}`)
            yield* repeatForever('x'.repeat(4096))
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
