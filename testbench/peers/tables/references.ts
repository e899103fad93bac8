/** Results of the peers' tests for references: which are accepted, and which image each means. */
import { type Row, type Table, agreeingTexts, refusedTexts, differingTexts, refused } from '../row.js'

const hex = '1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a'
const f64 = `sha256:${'f'.repeat(64)}`
const digest = `sha256:${hex}`

const kept = (names: readonly string[]): [string, string][] => names.map((name) => [name, name])
const onHub = (names: readonly string[]): [string, string][] =>
  names.map((name) => [name, `docker.io/${name}`])
const inLibrary = (names: readonly string[]): [string, string][] =>
  names.map((name) => [name, `docker.io/library/${name}`])

const distribution: Row[] = [
  ...agreeingTexts('reference', [
    ...inLibrary(['test_com', 'test.com:tag', 'test.com:5000', 'lowercase:Uppercase', 'foo_bar.com:8080']),
    ...inLibrary(['192.168.1.1', '192.168.1.1:tag', '192.168.1.1:5000', 'debian', '192.168.0.1:80']),
    ...inLibrary([
      'short',
      'a',
      'foo.com',
      'redis',
      'redis:latest',
      `redis@${digest}`,
      'dbcc1',
      hex.slice(1),
    ]),
    ...inLibrary([`localhost:8080@${digest}`, `localhost@${digest}`, `busybox:latest@${digest}`]),
    ...inLibrary(['thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev']),
    ...kept(['test.com/repo:tag', 'test:5000/repo', 'test:5000/repo:tag', `test:5000/repo@${f64}`]),
    ...kept([`test:5000/repo:tag@${f64}`, 'sub-dom1.foo.com/bar/baz/quux', 'Asdf.com/foo/bar']),
    ...kept(['sub-dom1.foo.com/bar/baz/quux:some-long-tag', 'xn--n3h.com/myimage:xn--n3h.com']),
    ...kept(['b.gcr.io/test.example.com/my-app:test.example.com', 'foo.com/foo_bar', 'blog.foo.com/bar/baz']),
    ...kept([`xn--7o8h.com/myimage:xn--7o8h.com@${f64}`, '192.168.1.1/repo', '192.168.1.1:5000/repo']),
    ...kept(['192.168.1.1:5000/repo:5050', '[2001:db8::1]/repo', '[2001:db8:1:2:3:4:5:6]/repo:tag']),
    ...kept(['[2001:db8::1]:5000/repo', '[2001:db8::1]:5000/repo:tag', `[2001:db8::1]:5000/repo@${f64}`]),
    ...kept([`[2001:db8::1]:5000/repo:tag@${f64}`, '[2001:db8::]:5000/repo', '[::1]:5000/repo']),
    ...kept([
      `example.com/${'a'.repeat(255)}:tag`,
      'example.com:8000/named',
      'example.com:8000/named:tagged',
    ]),
    ...kept([
      `registry.com:8080/myapp:tag2@${digest}`,
      `localhost:8080/name@${digest}`,
      'test.com:8000/foo:TAG5',
    ]),
    ...kept(['registry.io/foo/project--id.module--name.ver---sion--name', 'foo.com:8080/bar']),
    ...kept(['example.com/xn--7o8h.com/myimage', 'example.com/some_separator__underscore/myimage']),
    ...kept([
      'localhost/library/debian',
      'localhost/debian',
      'LOCALDOMAIN/library/debian',
      'Foo/bar',
      'FOO/bar',
    ]),
    ...kept(['127.0.0.1:5000/docker/docker', '192.168.0.1:8/debian', '192.168.0.2:25000/debian']),
    ...kept([
      '[fc00::1]:5000/docker',
      '[fc00::1]:5000/docker/docker',
      '[fc00:1:2:3:4:5:6:7]:5000/library/debian',
    ]),
    ...kept(['Docker/docker', 'DOCKER/docker', 'test.com/foo', 'test:8080/foo', 'test-com:8080/foo']),
    ...kept(['xn--n3h.com:18080/foo', '127.0.0.1:8000/private/moonbase', 'gcr.io/library/busybox']),
    ...onHub([
      'test_com/foo',
      'foo/foo_bar.com:8080',
      'simple/name',
      'docker/stevvooe/app',
      'a/a/a/a',
      'a/aa/a',
    ]),
    ...onHub([
      'aa-a/a',
      'do__cker/docker',
      'docker/docker',
      'library/debian',
      'docker-rules/docker',
      'jess/t',
    ]),
    ...onHub(['docker---rules/docker', 'd/docker', 'dock__er/docker', 'fooo/bar', 'nonlibrary/ubuntu']),
    ...onHub([
      'other/library',
      'library/foo/bar',
      'store/foo/bar',
      'docker/migrator',
      `dmcgowan/myapp@${digest}`,
    ]),
    ...onHub(['aa/aa/aa/aa/aa/aa/aa/aa/aa/bb/bb/bb/bb/bb/bb', `${'a/'.repeat(127)}a:tag-puts-this-over-max`]),
    ['index.docker.io/docker/docker', 'docker.io/docker/docker'],
    ['index.docker.io/library/debian', 'docker.io/library/debian'],
    ['index.docker.io/debian', 'docker.io/library/debian'],
    ['index.docker.io/library/ubuntu-12.04-base', 'docker.io/library/ubuntu-12.04-base'],
    ['docker.io/debian', 'docker.io/library/debian'],
    ['docker.io/library/foo/bar', 'docker.io/library/foo/bar'],
    ['docker.io/mcgowan/myapp:latest', 'docker.io/mcgowan/myapp:latest'],
    [`docker.io/${hex}`, `docker.io/library/${hex}`],
    [`gcr.io/library/busybox:latest@${digest}`, `gcr.io/library/busybox:latest@${digest}`],
  ]),
  ...refusedTexts('reference', [
    ...['', ':justtag', `@${f64}`, 'repo@sha256:ffffffffffffffffffffffffffffffffff', 'Uppercase:tag'],
    ...[`validname@invaliddigest:${'f'.repeat(64)}`, 'test:5000/Uppercase/lowercase:tag', 'aa/asdf$$^/aa'],
    ...[`domain.com/${'a'.repeat(256)}:tag`, '[2001:db8::1]', '[2001:db8::1]:5000', '[2001:db8::1]:tag'],
    ...['[fe80::1%eth0]:5000/repo', '[fe80::1%@invalidzone]:5000/repo', 'https://github.com/docker/docker'],
    ...['docker/Docker', '-docker', '-docker/docker', '-docker.io/docker/docker', 'docker///docker', hex],
    ...['docker.io/docker/Docker', 'docker.io/docker///docker', '[fc00::1]', 'fc00::1:5000/debian'],
    ...['[2001:db8:3:4::192.0.2.33]:5000/debian', 'docker-/docker', '-docker-/docker', '____/____'],
    ...[
      '_docker/_docker',
      'docker_/docker_',
      'dock..er/docker',
      'dock_.er/docker',
      'dock-.er/docker',
      'docker/',
    ],
    ...[`${'this_is_not_a_valid_namespace_'.repeat(9)}x/docker`, 'a/a/a/a/', 'a//a/a', 'foo.com/', 'a^a'],
    ...['foo.com:http/bar', 'asdf$$^/aa', 'a-/a/a/a', 'foo.com/a-/a/a', '-foo/bar', 'foo/bar-', 'foo-/bar'],
    ...['foo/-bar', '_foo/bar', 'foo_bar.com:8080/app', 'example.com/__underscore/myimage', '.docker/docker'],
    ...['example.com/..dots/myimage', 'example.com/.dots/myimage', 'example.com/nodouble..dots/myimage'],
    ...['docker./docker', 'do..cker/docker', 'do__cker:8080/docker', 'Foo/FarB', '-foo', 'busybox:-foo'],
    ...['registry.com:8080/myapp@sha256:badbadbadbad', 'registry.com:8080/myapp:invalid~tag', 'busybox@foo'],
    ...['bad_hostname.com:8080/myapp:tag', `localhost:http/name@${digest}`, 'registry.com:8080/myapp@bad'],
    ...['-ab.com/a', 'ab-.com/a', 'ab.-com/a', 'ab.com-/a', '[fd00:1:2::3]75050/a', '[fd00:1:2::3]::75050/a'],
    ...['[fd00:1:2::3%eth0]:7505/a', 'fd00:1:2::3:75050/a'],
  ]),
  ...differingTexts('reference', [
    [
      `validname@sha512:${'f'.repeat(128)}`,
      refused,
      `docker.io/library/validname@sha512:${'f'.repeat(128)}`,
      'There, sha512 counts only where the program has linked it in; it is a registered algorithm.',
    ],
    ['192.168.1.1:75050/a', '192.168.1.1:75050/a', refused, 'There is no port above 65535.'],
    [
      '[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:75050/a',
      '[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:75050/a',
      refused,
      'There is no port above 65535.',
    ],
    ['192.168.1.1:750050/a', '192.168.1.1:750050/a', refused, 'There is no port above 65535.'],
    ['[fd00123123123]:7505/a', '[fd00123123123]:7505/a', refused, 'The brackets hold no IPv6 address.'],
  ]),
]

const containerd: Row[] = [
  ...agreeingTexts('containerd', [
    ['sub-dom1.foo.com/bar/baz/quux:latest', 'sub-dom1.foo.com/bar/baz/quux:latest'],
    ['docker.io/library/redis', 'docker.io/library/redis'],
  ]),
  ...refusedTexts('containerd', [
    '/docker.io/library/redis:obj@abcdef',
    'http://xn--7o8h.com/myimage:xn--7o8h.com@sha512:fffffff',
  ]),
  ...differingTexts(
    'containerd',
    [
      ['docker.io/library/redis:foo?fooo=asdf', 'docker.io/library/redis:foo'],
      ['docker.io/library/redis?fooo=asdf', 'docker.io/library/redis'],
      ['docker.io/library/redis@sha256:abcdef', 'docker.io/library/redis@sha256:abcdef'],
      ['docker.io/library/redis:obj@abcdef', 'docker.io/library/redis:obj@abcdef'],
      ['localhost:5000/library/redis:obj@abcdef', 'localhost:5000/library/redis:obj@abcdef'],
      [
        'xn--7o8h.com/myimage:xn--7o8h.com@sha512:fffffff',
        'xn--7o8h.com/myimage:xn--7o8h.com@sha512:fffffff',
      ],
    ].map(
      ([input = '', theirs = '']) =>
        [
          input,
          theirs,
          refused,
          'These are locators inside of containerd, which checks no digest there; users type references.',
        ] as const,
    ),
  ),
]

const libs: Row[] = [
  ...agreeingTexts('container-libs', [
    ...inLibrary(['busybox:notlatest', `busybox@${digest}`, 'busybox']),
    ...kept(['docker.io/library/busybox:latest', 'example.com/ns/foo:bar']),
  ]),
  ...refusedTexts('container-libs', [
    'UPPERCASEISINVALID',
    'example.com/ns/busybox:tag1@@unknown-digest@@',
    `example.com/ns/busybox@${digest}@@unknown-digest@@`,
  ]),
  ...differingTexts('container-libs', [
    [
      `busybox:latest@${digest}`,
      refused,
      `docker.io/library/busybox:latest@${digest}`,
      'Docker, containerd and crane take both; the digest decides, and the tag is kept for people.',
    ],
    [
      'busybox@@unknown-digest@@',
      'docker.io/library/busybox',
      refused,
      'A mark of that library for destinations; nothing can be pulled by it.',
    ],
  ]),
]

export const references: Table = {
  title: 'References',
  about:
    'The input is what a user types; its meaning is the full name. Where a project has no default registry or ' +
    'writes Docker Hub differently, its meaning is written as `docker.io/…` here.',
  rows: [...distribution, ...containerd, ...libs],
}
