/** Cases of responses of token servers, and of credentials files. */
import { faults } from '../../../lib/testing/index.js'
import { casesOf, type ServedCase } from '../case.js'
import type { CaseHost, Members } from '../case-host.js'

const credentials = casesOf('credentials')

const token = { auth: { kind: 'token' } } as const

/** A token server with a changed response. `change` receives the token; members that are undefined are removed. */
const answered = (id: string, what: string, why: string, change: (token: string) => Members) =>
  credentials(`token-${id}`, `a token server whose answer has ${what}`, { why, registry: token }, (host) => {
    host.putImage()
    host.registry.addFault(
      faults.body(
        (body) => {
          const good = JSON.parse(body.toString()) as { token: string }
          return Buffer.from(JSON.stringify(change(good.token)))
        },
        { kind: 'token', status: 200 },
      ),
    )
  })

const absent = 'null says as much as a field that is absent'
const life = 'a token without a known life is held for 60 seconds'

const tokens = [
  answered('nulls', 'members that are null', absent, (token) => ({
    ...{ token, access_token: null, expires_in: null, issued_at: null, refresh_token: null, scope: null },
  })),
  answered('null', 'a `token` that is null beside an `access_token`', absent, (access_token) => ({
    token: null,
    access_token,
  })),
  answered('empty', 'a `token` of "" beside an `access_token`', absent, (access_token) => ({
    token: '',
    access_token,
  })),
  answered(
    'access-alone',
    'an `access_token` alone, as OAuth has it',
    'either is a token',
    (access_token) => ({ access_token }),
  ),
  answered('without-life', 'a `token` alone', life, (token) => ({ token })),
  answered('life-string', 'an `expires_in` that is a string', life, (token) => ({
    token,
    expires_in: '300',
  })),
  answered('life-fraction', 'an `expires_in` that is a fraction', life, (token) => ({
    token,
    expires_in: 299.5,
  })),
  answered('life-zero', 'an `expires_in` of 0', life, (token) => ({ token, expires_in: 0 })),
  answered('life-below-zero', 'an `expires_in` below zero', life, (token) => ({ token, expires_in: -1 })),
  answered('issued-empty', 'an `issued_at` of ""', life, (token) => ({
    token,
    expires_in: 300,
    issued_at: '',
  })),
  answered('issued-no-date', 'an `issued_at` that is no date', life, (token) => ({
    token,
    expires_in: 300,
    issued_at: 'now',
  })),
  answered('issued-number', 'an `issued_at` that is a number', life, (token) => ({
    token,
    expires_in: 300,
    issued_at: 1700000000,
  })),
  answered('unknown-fields', 'members that nobody knows', 'unknown members are passed over', (token) => ({
    token,
    token_type: 'Bearer',
    x: {},
  })),
  credentials(
    'token-missing',
    'a token server whose answer has no token',
    { expected: 'REGISTRY_RESPONSE', why: 'there is nothing to authenticate with', registry: token },
    (host) => {
      host.putImage()
      host.registry.addFault(faults.body('{"token":null}', { kind: 'token', status: 200 }))
    },
  ),
  credentials(
    'token-page',
    'a token server whose answer is called `text/html`',
    { why: 'the body is what it should be', registry: token },
    (host) => {
      host.putImage()
      host.registry.addFault(faults.header('content-type', 'text/html', { kind: 'token' }))
    },
  ),
]

const basic = (text: string): string => Buffer.from(text).toString('base64')

interface Guarded {
  readonly repository: string
  /** Login that the repository requires; without it, the repository is public. */
  readonly opens?: string
  /** Whether `/v2/` is public. */
  readonly door?: boolean
  /** `user:password` by key. HOST in a key stands for the registry. */
  readonly keys: Readonly<Record<string, string>>
}

/** A registry with Basic authentication for one user, and a credentials file. */
function guarded(
  host: CaseHost,
  { repository, opens, keys, door = opens === undefined }: Guarded,
): ServedCase {
  host.repository = repository
  host.putImage()
  const { registry } = host
  registry.hook(({ kind, headers }) => {
    const { authorization } = headers
    if (authorization === (opens && `Basic ${basic(opens)}`)) return undefined
    if (door && kind === 'ping') return undefined
    const challenge = { 'www-authenticate': 'Basic realm="case"', 'content-type': 'application/json' }
    return { status: 401, headers: challenge, body: Buffer.from('{"errors":[{"code":"UNAUTHORIZED"}]}') }
  })
  const sent = Object.values(keys).filter((each) => each !== opens)
  const auths = Object.fromEntries(
    Object.entries(keys).map(([key, value]) => [key.replace('HOST', registry.host), { auth: basic(value) }]),
  )
  return {
    name: `${repository}:latest`,
    authFile: JSON.stringify({ auths }),
    violation: () => {
      const leak = registry.requests.find(({ headers: { authorization } }) =>
        sent.some((each) => authorization === `Basic ${basic(each)}`),
      )
      return leak && `credentials of another repository were sent with ${leak.method} ${leak.url}`
    },
  }
}

const byRepository = (id: string, what: string, why: string, options: Guarded) =>
  credentials(`credentials-${id}`, `a credentials file ${what}`, { why }, (host) => guarded(host, options))

const longestPrefix = 'the longest key that is a prefix wins; the others belong to somebody else'

const repositories = [
  byRepository('of-host', 'with the registry', 'that is what `docker login` writes', {
    ...{ repository: 'team/app', opens: 'u:right', keys: { HOST: 'u:right' } },
  }),
  byRepository('of-namespace', 'with the namespace alone', longestPrefix, {
    ...{ repository: 'team/app', opens: 'u:right', keys: { 'HOST/team': 'u:right' } },
  }),
  byRepository('of-repository', 'with the registry, the namespace and the repository', longestPrefix, {
    repository: 'team/app',
    opens: 'u:right',
    keys: { HOST: 'u:wide', 'HOST/team': 'u:team', 'HOST/team/app': 'u:right' },
  }),
  byRepository('of-neighbour', "with another tenant's namespace, before an open repository", longestPrefix, {
    ...{ repository: 'team-b/app', keys: { 'HOST/team-a': 'a:secret' } },
  }),
  byRepository(
    'of-longer-name',
    'with a namespace that only begins alike, before an open repository',
    longestPrefix,
    {
      ...{ repository: 'team-b/app', keys: { 'HOST/team': 'a:secret' } },
    },
  ),
  byRepository('of-both', "with another tenant's namespace before the registry", longestPrefix, {
    ...{ repository: 'team-b/app', opens: 'u:right', keys: { 'HOST/team-a': 'a:secret', HOST: 'u:right' } },
  }),
  byRepository('of-url', 'whose key is a URL, as older tools wrote it', 'the host is in it', {
    ...{ repository: 'team/app', opens: 'u:right', keys: { 'https://HOST/v1/': 'u:right' } },
  }),
]

/** A credentials file. HOST in its text stands for the registry, GOOD for the correct login. */
const file = (
  id: string,
  what: string,
  text: string,
  {
    why,
    open = false,
    expected = 'taken',
  }: { readonly why: string; readonly open?: boolean; readonly expected?: 'taken' | 'USAGE' },
) =>
  credentials(`file-${id}`, `a credentials file ${what}`, { why, expected }, (host) => {
    const served = guarded(host, { repository: 'app', keys: {}, ...(open ? {} : { opens: 'u:right' }) })
    return {
      ...served,
      authFile: text.replaceAll('HOST', host.registry.host).replaceAll('GOOD', basic('u:right')),
    }
  })

const wrong = {
  expected: 'USAGE',
  why: 'who has a credentials file does not mean to be nobody',
  open: true,
} as const

const files = [
  file(
    'nulls',
    'whose members are null but one',
    '{"auths":{"HOST":{"auth":"GOOD","email":null,"identitytoken":null,"username":null,"password":null}},"credHelpers":null,"credsStore":null,"HttpHeaders":null}',
    { why: absent },
  ),
  file('auths-null', 'whose `auths` are null', '{"auths":null}', { why: absent, open: true }),
  file('entry-null', 'with an entry that is null', '{"auths":{"HOST":null}}', { why: absent, open: true }),
  file(
    'entry-empty',
    'with an empty entry, as is left where a helper has the password',
    '{"auths":{"HOST":{}}}',
    { why: 'it has no credentials', open: true },
  ),
  file('empty', 'that is an empty object', '{}', { why: 'it has no credentials', open: true }),
  file(
    'unknown-fields',
    'with the settings of Docker',
    '{"auths":{"HOST":{"auth":"GOOD","x":1}},"psFormat":"x","proxies":{"default":{}},"plugins":{},"features":{"a":"b"},"currentContext":null}',
    { why: 'unknown members are passed over' },
  ),
  file(
    'password-apart',
    'with `username` and `password`',
    '{"auths":{"HOST":{"username":"u","password":"right"}}}',
    { why: 'Kubernetes writes it so' },
  ),
  file('auths-list', 'whose `auths` are a list', '{"auths":[]}', wrong),
  file('auth-number', 'whose `auth` is a number', '{"auths":{"HOST":{"auth":7}}}', wrong),
  file(
    'auth-no-base64',
    'whose `auth` is no base64 of a user and a password',
    '{"auths":{"HOST":{"auth":"bm9jb2xvbg=="}}}',
    wrong,
  ),
  file('no-json', 'that is no JSON', 'auths: {}', wrong),
]

const identity = credentials(
  'identity-token-get',
  'an identity token beside a password, and a token server that takes no POST',
  { why: 'the password opens it by GET, as containerd asks' },
  (host) => {
    host.putImage()
    const { registry } = host
    registry.hook(({ kind, method, headers }) => {
      const { authorization } = headers
      if (kind === 'token') {
        if (method === 'POST') return { status: 405, headers: {}, body: Buffer.alloc(0) }
        const opened = authorization === `Basic ${basic('u:right')}`
        return {
          status: opened ? 200 : 401,
          headers: {},
          body: Buffer.from(opened ? '{"token":"case"}' : '{}'),
        }
      }
      if (authorization === 'Bearer case') return undefined
      const challenge = `Bearer realm="${registry.url}/token",service="case",scope="repository:app:pull"`
      return { status: 401, headers: { 'www-authenticate': challenge }, body: Buffer.from('{}') }
    })
    const entry = { auth: basic('u:right'), identitytoken: 'refresh-me' }
    return { authFile: JSON.stringify({ auths: { [registry.host]: entry } }) }
  },
)

const registryToken = credentials(
  'registry-token',
  'a credentials file with a `registrytoken`',
  { why: 'it is a token for the registry itself' },
  (host) => {
    host.putImage()
    const { registry } = host
    registry.hook(({ headers }) =>
      headers['authorization'] === 'Bearer case'
        ? undefined
        : {
            status: 401,
            headers: { 'www-authenticate': `Bearer realm="${registry.url}/none",service="case"` },
            body: Buffer.from('{}'),
          },
    )
    return { authFile: JSON.stringify({ auths: { [registry.host]: { registrytoken: 'case' } } }) }
  },
)

const afterOpenDoor = credentials(
  'credentials-after-open-door',
  'a registry that asks nobody at `/v2/`, and everybody at the repository',
  { why: 'each answer says for itself what it asks for (RFC 9110 §11)' },
  (host) =>
    guarded(host, { repository: 'team/app', opens: 'u:right', keys: { HOST: 'u:right' }, door: true }),
)

export const credentialCases = [...tokens, ...repositories, ...files, afterOpenDoor, identity, registryToken]
