/** Results of the peers' tests for `WWW-Authenticate`. */
import { type Row, type Table, agreeingTexts, differingTexts } from '../row.js'

const hub = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'
const hubParts = 'bearer realm=https://auth.docker.io/token service=registry.docker.io'
const start = 'Bearer realm="https://auth.example.io/token"'
const startParts = 'bearer realm=https://auth.example.io/token'

const distribution: Row[] = (['distribution', 'ggcr'] as const).flatMap((peer) =>
  agreeingTexts(peer, [
    [
      `${start},service="registry.example.com",other=fun,slashed="he\\"\\l\\lo"`,
      `${startParts} service=registry.example.com other=fun slashed=he"llo`,
    ],
  ]),
)

const more: Row[] = [
  ...agreeingTexts('distribution', [
    [
      `${start},service="keep.example.com", Bearer realm="https://evil.example.net/token",service="drop.example.net"`,
      `${startParts} service=keep.example.com; bearer realm=https://evil.example.net/token service=drop.example.net`,
    ],
  ]),
  ...agreeingTexts('ggcr', [
    ['BASIC', 'basic'],
    ['Bearer realm="http://auth.example.com/token"', 'bearer realm=http://auth.example.com/token'],
    [
      'Negotiate, Basic realm="http://auth.example.com/token"',
      'negotiate; basic realm=http://auth.example.com/token',
    ],
    ['Negotiate, Digest', 'negotiate; digest'],
  ]),
  ...agreeingTexts('container-libs', [
    [`${hub},scope="repository:library/busybox:pull"`, `${hubParts} scope=repository:library/busybox:pull`],
    [
      `${hub},scope="repository:library/busybox:pull,push"`,
      `${hubParts} scope=repository:library/busybox:pull,push`,
    ],
    [
      'Bearer realm="http://127.0.0.1:5000/openshift/token"',
      'bearer realm=http://127.0.0.1:5000/openshift/token',
    ],
  ]),
  ...agreeingTexts('containerd', [
    [`${hub},scope="repository:foo/bar:pull,push"`, `${hubParts} scope=repository:foo/bar:pull,push`],
    [
      `${hub},scope="repository:foo/bar:pull,push repository:foo/baz:pull repository:foo/foo:push"`,
      `${hubParts} scope=repository:foo/bar:pull,push repository:foo/baz:pull repository:foo/foo:push`,
    ],
    [
      `${start},empty="",service="registry.example.io",scope="repository:library/hello-world:pull,push"`,
      `${startParts} empty= service=registry.example.io scope=repository:library/hello-world:pull,push`,
    ],
  ]),
]

const oras: Row[] = [
  ...agreeingTexts('oras-go', [
    ['', ''],
    ['foo bar', 'foo bar'],
    ['Basic realm="Test Registry"', 'basic realm=Test Registry'],
    ['Basic', 'basic'],
    ['Basic  ', 'basic'],
    ['Bearer', 'bearer'],
    ['Bearer  ', 'bearer'],
    [
      `${start},service="registry.example.io",scope="repository:library/hello-world:pull,push"`,
      `${startParts} service=registry.example.io scope=repository:library/hello-world:pull,push`,
    ],
    [
      `${start},scope="repository:library/alpine:pull,push repository:ubuntu:pull"`,
      `${startParts} scope=repository:library/alpine:pull,push repository:ubuntu:pull`,
    ],
    [
      'Bearer realm = "https://auth.example.io/token"   ,service=registry.example.io, scope  ="repository:a:pull"  ',
      `${startParts} service=registry.example.io scope=repository:a:pull`,
    ],
    [`${start},service="registry`, startParts],
    [`${start},empty="",service="registry.example.io"`, `${startParts} empty= service=registry.example.io`],
    ['Bearer foo="foo\\"bar",hello="\\"hello world\\""', 'bearer foo=foo"bar hello="hello world"'],
  ]),
  ...differingTexts('oras-go', [
    ...[`${start},service=`, `${start},service= `].map(
      (input) =>
        [input, startParts, `${startParts} service=`, 'A value that is missing is an empty one.'] as const,
    ),
    [
      `${start},service`,
      startParts,
      `${startParts}; service`,
      'A word alone after a comma is a scheme without parameters (RFC 9110 §11.6.1).',
    ],
  ]),
]

const unclear = 'What is clear is read; a challenge without what is needed ends the pull anyway.'

const regclient: Row[] = [
  ...agreeingTexts('regclient', [
    [`${hub},scope="repository:docker/docker:pull"`, `${hubParts} scope=repository:docker/docker:pull`],
    ['Basic realm="GitHub Package Registry"', 'basic realm=GitHub Package Registry'],
    ['BaSiC ReAlM="Case insensitive key"', 'basic realm=Case insensitive key'],
    ['Basic realm=unquoted', 'basic realm=unquoted'],
    ['Basic realm=/', 'basic realm=/'],
    ['Basic realm="Dev", charset="UTF-8"', 'basic realm=Dev charset=UTF-8'],
    [
      `${hub}, scope="repository:docker/docker:pull", Basic realm="GitHub Package Registry"`,
      `${hubParts} scope=repository:docker/docker:pull; basic realm=GitHub Package Registry`,
    ],
  ]),
  ...differingTexts('regclient', [
    [
      '"Basic" "realm"=/',
      'basic realm=/',
      '',
      'A scheme is a token (RFC 9110 §11.1); distribution and oras read no challenge there.',
    ],
    ['Basic realm="Dev" charset="UTF-8"', 'refused', 'basic realm=Dev charset=UTF-8', unclear],
    ['Basic realm="GitHub Package Registry', 'refused', 'basic', unclear],
    ['Basic realm="GitHub Package Registry\\\\', 'refused', 'basic', unclear],
  ]),
]

export const challenges: Table = {
  title: 'Challenges',
  about:
    'The input is the value of `WWW-Authenticate`; the meaning is each scheme with its parameters, unquoted, several ' +
    'challenges with semicolons between them.',
  rows: [...distribution, ...more, ...oras, ...regclient],
}
