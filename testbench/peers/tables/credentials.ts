/** Results of the peers' tests for credentials files: which entry applies to which repository. */
import type { Peer } from '../peer.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../row.js'

export interface Lookup {
  /** Content of the file. */
  readonly file: string
  readonly registry: string
  readonly repository: string
}

const none = 'none'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** `user:password` by key. */
type Keys = Readonly<Record<string, string>>

const authsOf = (keys: Keys): object =>
  Object.fromEntries(Object.entries(keys).map(([key, login]) => [key, { auth: base64(login) }]))

const lookup = (file: unknown, name: string): Lookup => {
  const slash = name.indexOf('/')
  const [registry, repository] = slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)]
  return { file: typeof file === 'string' ? file : JSON.stringify(file), registry, repository }
}

type Line = readonly [label: string, given: Lookup, meaning: string]

/** Looks up `name` in a file with `keys`. */
const lookedUp = (keys: Keys, name: string, meaning: string): Line => [
  `${name} with ${Object.keys(keys).join(', ')}`,
  lookup({ auths: authsOf(keys) }, name),
  meaning,
]

/** A file with the entry `value` for the requested registry. */
const entry = (value: unknown, meaning: string): Line => [
  JSON.stringify(value),
  lookup({ auths: { 'registry.example.com': value } }, 'registry.example.com/app'),
  meaning,
]

/** Rows in which each of `keys` alone applies to `name`. */
const each = (peer: Peer, name: string, keys: readonly string[]): Row<Lookup>[] =>
  agreeingRows(
    peer,
    keys.map((key) => lookedUp({ [key]: 'u:p' }, name, 'u:p')),
  )

/** Rows for all suffixes of `keys`: the first key of a suffix applies to `name`. */
const suffixes = (name: string, keys: readonly string[]): Row<Lookup>[] =>
  agreeingRows(
    'container-libs',
    keys.map((first, at) => {
      const rest = keys.slice(at).reverse()
      return lookedUp(Object.fromEntries(rest.map((key) => [key, `${key}:p`])), name, `${first}:p`)
    }),
  )

const full: Keys = {
  'example.org': 'example:org',
  'index.docker.io': 'index:docker.io',
  'docker.io': 'docker:io',
  localhost: 'local:host',
  'localhost:5000': 'local:host-5000',
  '10.10.30.45': '10.10:30.45',
  '10.10.30.45:5000': '10.10:30.45-5000',
  'https://normalize.example.org/v1': 'normalize:example',
}

const paths: Keys = {
  'example.org/repo': 'example:org',
  'example.org': 'local:host',
  'docker.io/vendor': 'first:level',
  'docker.io': 'top:level',
  'docker.io/library/busybox': 'library:busybox',
  'docker.io/library': 'library:other',
}

const libs: Row<Lookup>[] = [
  ...agreeingRows<Lookup>('container-libs', [
    ['docker.io/library/app in an empty object', lookup('{}', 'docker.io/library/app'), none],
    lookedUp({ 'example.org': 'example:org' }, 'example.org/app', 'example:org'),
    lookedUp({ 'example.org': 'example:org' }, 'registry.example.org/app', none),
    lookedUp(full, 'docker.io/library/app', 'docker:io'),
    lookedUp({ 'https://index.docker.io/v1': 'index:docker.io' }, 'docker.io/library/app', 'index:docker.io'),
    lookedUp(full, 'normalize.example.org/app', 'normalize:example'),
    lookedUp(full, 'localhost/app', 'local:host'),
    lookedUp(full, '10.10.30.45:5000/app', '10.10:30.45-5000'),
    lookedUp(full, 'localhost:5000/app', 'local:host-5000'),
    entry(
      { auth: base64('00000000-0000-0000-0000-000000000000:'), identitytoken: 'some token' },
      'identity token some token',
    ),
    lookedUp(paths, 'example.org/repo/image', 'example:org'),
    lookedUp(paths, 'example.org/repo', 'example:org'),
    lookedUp(paths, 'example.org/image', 'local:host'),
    lookedUp(paths, 'docker.io/library/busybox', 'library:busybox'),
    lookedUp(paths, 'docker.io/library/notbusybox', 'library:other'),
    lookedUp(paths, 'docker.io/vendor/product', 'first:level'),
    lookedUp(paths, 'docker.io/other-vendor/other-product', 'top:level'),
    [
      'docker.io/library/app in the old flat form',
      lookup(authsOf({ 'http://index.docker.io/v1': 'docker:io' }), 'docker.io/library/app'),
      'docker:io',
    ],
    [
      'localhost/app in the old flat form',
      lookup(authsOf({ 'https://localhost/v1': 'local:host' }), 'localhost/app'),
      'local:host',
    ],
    ['a file that is not JSON', lookup('Json rocks!', 'docker.io/library/app'), refused],
    lookedUp({ 'docker.io/vendor': 'u1:p1', 'index.docker.io': 'u2:p2' }, 'docker.io/vendor/app', 'u1:p1'),
    lookedUp({ 'docker.io/vendor': 'u1:p1', 'index.docker.io': 'u2:p2' }, 'docker.io/library/app', 'u2:p2'),
  ]),
  ...suffixes('quay.io/image', ['quay.io/image', 'quay.io']),
  ...suffixes('quay.io/user/image', ['quay.io/user/image', 'quay.io/user', 'quay.io']),
  ...suffixes('quay.io/a/b/c/d/image', [
    ...['quay.io/a/b/c/d/image', 'quay.io/a/b/c/d', 'quay.io/a/b/c', 'quay.io/a/b', 'quay.io/a', 'quay.io'],
  ]),
  ...suffixes('docker.io/library/busybox', ['docker.io/library/busybox', 'docker.io/library', 'docker.io']),
  ...suffixes('docker.io/vendor/busybox', ['docker.io/vendor/busybox', 'docker.io/vendor', 'docker.io']),
  ...each('container-libs', 'example.com/ns/repo', ['example.com']),
  ...each('container-libs', 'example.com:8000/ns/repo', ['example.com:8000']),
  ...each('container-libs', 'docker.io/library/busybox', ['https://index.docker.io/v1/']),
  ...each('container-libs', 'docker.io/notlibrary/busybox', ['https://index.docker.io/v1/']),
]

const root: Keys = {
  'fake.registry.io': 'root:p',
  'fake.registry.io/nested': 'nested:p',
  'fake.registry.io/nested/repo': 'leaf:p',
  'fake.registry.io/par': 'partial:p',
}
const schemes = (name: string): string[] => [name, `http://${name}`, `https://${name}`]
const gitlab = ['registry.gitlab.com', 'registry.gitlab.com/dprotaso', 'registry.gitlab.com/dprotaso/test']
const azure = ['dtestcontainer.azurecr.io', 'dtestcontainer.azurecr.io/dave']

const ggcr: Row<Lookup>[] = [
  ...agreeingRows<Lookup>('ggcr', [
    ['a file that is not JSON', lookup('}{', 'test.io/app'), refused],
    lookedUp({ 'test.io': 'foo:bar' }, 'test.io/app', 'foo:bar'),
    lookedUp({ 'https://index.docker.io/v1/': 'foo:bar' }, 'docker.io/library/app', 'foo:bar'),
    lookedUp({ 'http://test.io/v1/': 'baz:quux' }, 'test.io/app', 'baz:quux'),
    lookedUp({ 'http://test.io/v2/': 'baz:quux' }, 'test.io/app', 'baz:quux'),
    lookedUp(
      { 'test.io/my-repo': 'foo:bar', 'test.io/another-repo': 'bar:baz', 'test.io': 'baz:quux' },
      'test.io/my-repo',
      'foo:bar',
    ),
    lookedUp({ 'test.io/another-repo': 'bar:baz' }, 'test.io/my-repo', none),
    lookedUp({ 'https://fake.registry.io': 'u:p' }, 'fake.registry.io/repo', 'u:p'),
    lookedUp({ 'fake.registry.io:5000': 'u:p' }, 'fake.registry.io:5000/repo', 'u:p'),
    lookedUp({ 'fake.registry.io:5000': 'u:p' }, 'fake.registry.io:1000/repo', none),
    lookedUp(root, 'fake.registry.io', 'root:p'),
    lookedUp(root, 'fake.registry.io/nested', 'nested:p'),
    lookedUp(root, 'fake.registry.io/nested/repo', 'leaf:p'),
    lookedUp(root, 'fake.registry.io/nested/repo/dirt', 'leaf:p'),
    lookedUp({ 'fake.registry.io': 'root:p', '1.fake.registry.io': 'sub:p' }, 'fake.registry.io/a', 'root:p'),
    lookedUp(
      { 'fake.registry.io': 'root:p', '1.fake.registry.io': 'sub:p' },
      '1.fake.registry.io/a',
      'sub:p',
    ),
    lookedUp({ 'fake.registry.io': 'root:p', '1.fake.registry.io': 'sub:p' }, '2.fake.registry.io/a', none),
    lookedUp({ '*.registry.io': 'u:p' }, 'fake.registry.io/repo', 'u:p'),
    lookedUp({ 'https://fake.registry.io/v1/': 'u:p' }, 'fake.registry.io/repo', 'u:p'),
    lookedUp({ 'https://fake2.registry.io/v2/': 'u:p' }, 'fake2.registry.io/repo', 'u:p'),
    lookedUp({ 'index.docker.io': 'u:p' }, 'docker.io/library/ubuntu', 'u:p'),
    lookedUp({ 'index.docker.io': 'u:p' }, 'docker.io/knative/serving', 'u:p'),
    entry({ username: 'user', password: 'pass' }, 'user:pass'),
    entry({ username: true }, refused),
    entry({ auth: base64('user:pass') }, 'user:pass'),
    entry({ auth: base64('user:pass'), username: 'foo', password: 'bar' }, 'user:pass'),
    entry({ auth: base64('user:password') }, 'user:password'),
    entry({ auth: 'bad-auth-bad' }, refused),
    entry({ auth: base64('foobar') }, refused),
  ]),
  ...each(
    'ggcr',
    'registry.gitlab.com/dprotaso/test/nginx',
    [...gitlab, `${gitlab[2]}/nginx`].flatMap(schemes),
  ),
  ...each('ggcr', 'dtestcontainer.azurecr.io/dave/nginx', [...azure, `${azure[1]}/nginx`].flatMap(schemes)),
  ...differingRows<Lookup>('ggcr', [
    [
      'a credsStore that does not exist',
      lookup({ credsStore: '#definitely-does-not-exist' }, 'test.io/app'),
      refused,
      none,
      'A default helper that fails is a warning, as for `docker pull`; if the registry refuses, the hint names the helper. A helper that `credHelpers` names for the registry is an error.',
    ],
    [
      'fake.registry.io/partial with fake.registry.io/par and fake.registry.io',
      lookup({ auths: authsOf(root) }, 'fake.registry.io/partial'),
      'partial:p',
      'root:p',
      'A key covers whole components, as in container-libs: `par` is another namespace than `partial`.',
    ],
  ]),
]

const docker: Row<Lookup>[] = [
  ...[
    [
      'example.com',
      ['http://example.com', 'https://example.com', 'https://example.com/', 'https://example.com/v2/'],
    ],
    ['127.0.0.1:6556', ['127.0.0.1:6556']],
    ['[::1]', ['[::1]']],
    ['[::1]:6556', ['[::1]:6556', 'https://[::1]:6556/v2/']],
    ['example.com:6555', ['example.com:6555', 'http://example.com:6555', 'https://example.com:6555']],
    ['127.0.0.1:6555', ['https://127.0.0.1:6555/v2/']],
  ].flatMap(([registry, keys]) => each('docker-cli', `${registry as string}/app`, keys as string[])),
  ...agreeingRows<Lookup>('docker-cli', [
    ['an empty file', lookup('', 'docker.io/library/app'), none],
    ['an empty object', lookup('{}', 'docker.io/library/app'), none],
    [
      'an entry with an e-mail address and other settings in the file',
      lookup(
        {
          auths: {
            'https://index.docker.io/v1/': { auth: base64('joejoe:hello'), email: 'user@example.com' },
          },
          psFormat: 'table {{.ID}}',
        },
        'docker.io/library/app',
      ),
      'joejoe:hello',
    ],
  ]),
  ...differingRows<Lookup>('docker-cli', [
    [
      'example.com/app with ftp://example.com',
      lookup({ auths: authsOf({ 'ftp://example.com': 'u:p' }) }, 'example.com/app'),
      'u:p',
      none,
      'No tool writes that key: registries speak HTTP.',
    ],
    [
      '[::1]:6555/app with https://::1:6555/v2/',
      lookup({ auths: authsOf({ 'https://::1:6555/v2/': 'u:p' }) }, '[::1]:6555/app'),
      'u:p',
      none,
      'An address without brackets is no host of a URL.',
    ],
  ]),
]

const regclient: Row<Lookup>[] = agreeingRows<Lookup>('regclient', [
  lookedUp({ 'localhost:5001': 'hello:docker' }, 'localhost:5001/app', 'hello:docker'),
  lookedUp({ 'http://missing-from-repo.example.com/foo': 'u:p' }, 'missing-from-repo.example.com/bar', none),
  [
    'docker.io/library/app with https://index.docker.io/v1/access-token',
    lookup({ auths: { 'https://index.docker.io/v1/access-token': {} } }, 'docker.io/library/app'),
    none,
  ],
])

const oras: Row<Lookup>[] = agreeingRows<Lookup>('oras-go', [
  entry({ auth: base64('username:password') }, 'username:password'),
  entry({ identitytoken: 'identity_token' }, 'identity token identity_token'),
  entry({ registrytoken: 'registry_token' }, 'registry token registry_token'),
  entry(
    { auth: base64('username:password'), identitytoken: 'identity_token', registrytoken: 'registry_token' },
    'username:password, identity token identity_token, registry token registry_token',
  ),
  entry({}, none),
  entry({ auth: base64('username:password'), username: 'foo', password: 'bar' }, 'username:password'),
  entry({ username: 'username', password: 'password' }, 'username:password'),
  entry({ auth: base64('username:') }, 'username:'),
  entry({ auth: base64(':password') }, ':password'),
  entry({ auth: base64('whatever') }, refused),
  entry({ auth: 'whatever' }, refused),
  entry({ auth: '' }, none),
  entry('whatever', refused),
  entry({ auth: 'username:password' }, refused),
  ['a file that is not JSON', lookup('bad', 'registry.example.com/app'), refused],
  ['auths that is text', lookup({ auths: 'whatever' }, 'registry.example.com/app'), refused],
  ['a file without auths', lookup({ key: 'val' }, 'registry.example.com/app'), none],
  lookedUp({ 'registry1.example.com': 'u:p' }, 'registry999.example.com/app', none),
  ...['http://r.example.com', 'https://r.example.com', 'http://r.example.com/', 'https://r.example.com/'].map(
    (key) => lookedUp({ [key]: 'u:p' }, 'r.example.com/app', 'u:p'),
  ),
])

export const credentials: Table<Lookup> = {
  title: 'Credentials files',
  about:
    'The input is a repository and the keys of a file, or one entry for the registry that is asked; the meaning is the ' +
    'credential that goes to the repository, or `none`.',
  rows: [...libs, ...ggcr, ...docker, ...regclient, ...oras],
}
