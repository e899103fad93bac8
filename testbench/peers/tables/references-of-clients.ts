/** Results of the tests of three client libraries for references. */
import { type Row, type Table, agreeingTexts, refusedTexts, differingTexts, refused } from '../row.js'

const digest = `sha256:${'deadb33f'.repeat(8)}`
const cut = digest.slice(0, -1)

const kept = (names: readonly string[]): [string, string][] => names.map((name) => [name, name])
const onHub = (names: readonly string[]): [string, string][] =>
  names.map((name) => [name, `docker.io/${name}`])
const inLibrary = (names: readonly string[]): [string, string][] =>
  names.map((name) => [name, `docker.io/library/${name}`])

const ggcr: Row[] = [
  ...agreeingTexts('ggcr', [
    ...kept(['gcr.io/g-convoy/hello-world:latest', 'gcr.io/google.com/g-convoy/hello-world:latest']),
    ...kept(['gcr.io/project-id/with-nums:v2', 'us.gcr.io/project-id/image:with.period.in.tag']),
    ...kept(['gcr.io/project-id/image:w1th-alpha_num3ric.PLUScaps', 'domain.with.port:9001/image:latest']),
    ...kept([
      'gcr.io/project-id/implicit-latest',
      'www.example.test:12345/repo/path',
      'mirror.gcr.io/ubuntu',
    ]),
    ...kept([`gcr.io/g-convoy/hello-world@${digest}`, `gcr.io/google.com/project-id/hello-world@${digest}`]),
    ...kept([`us.gcr.io/project-id/sub-repo@${digest}`, `example.text/foo/bar@${digest}`, 'example.com/a']),
    ...kept([`example.text/foo/bar:latest@${digest}`, `example.text:8443/foo/bar:latest@${digest}`]),
    ...kept([`example.text/foo/bar:v1.0.0-alpine@${digest}`, 'gcr.io:9001/a', 'example.com/a/b']),
    ...onHub(['namespace/pathcomponent/image', 'library/ubuntu', `namespace/pathcomponent/image@${digest}`]),
    ...onHub([`library/ubuntu@${digest}`, `library/nginx:latest@${digest}`]),
    ...inLibrary([`nginx:latest@${digest}`, 'ubuntu', 'a', '0']),
    ['index.docker.io/library/ubuntu', 'docker.io/library/ubuntu'],
    ['index.docker.io/foo', 'docker.io/library/foo'],
  ]),
  ...refusedTexts('ggcr', [
    ...["gcr.io/project-id/bad_chars:c@n'tuse", 'gcr.io/project-id/wrong-length:white space', ''],
    ...[`gcr.io/project-id/too-many-chars:${'thatneverends'.repeat(12)}`, 'library/ubuntu:', 'white space'],
    ...[
      'gcr.io/project-id/unknown-alg@unknown:abc123',
      'gcr.io/project-id/wrong-length@sha256:d34db33fd34db33f',
    ],
    ...[
      'gcr.io/project-id/missing-digest@',
      `repo@sha256:${':'.repeat(64)}`,
      `repo@sha256:${'sh'.repeat(32)}`,
    ],
    ...[`repo@sha256:${digest}@${digest}`, `library/nginx:@${digest}`, 'b@char/image', 'white space/a'],
    ...['gcr?com/a'],
  ]),
]

const regclient: Row[] = [
  ...agreeingTexts('regclient', [
    ...inLibrary(['alpine']),
    ...onHub(['regclient/regctl:edge']),
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['index.docker.io/library/alpine', 'docker.io/library/alpine'],
    ...kept(['example.com/group/image:v42', 'EXAMPLE/group-image:V42', 'Example-1/image:1.0-BETA']),
    ...kept(['example-A/group/image:v42', 'example.com:5000/g/roup/image:a', 'e.xample.co/g/roup/image:a']),
    ...kept(['e.xample.co/g-r.o__u_p/im----age:a', 'e.xample.co/g/roup/image:__a--b..5__']),
    ...kept(['localhost/group/image:v42', 'localhost:5000/group/image:v42', '127.0.0.1:5000/image:v42']),
    ...kept(['[::1]:5000/image:v42', '[fddd:1222:1222:1222::ac29:5a6a]:5000/image:v42']),
    ...kept(['[fddd:1222:1222:1222::ac29:5a6a]/image:v42', `registry:5000/group/image@${digest}`]),
  ]),
  ...refusedTexts('regclient', [
    ...['unknown://repo:tag', '-docker.io/project/image:tag', 'docker-.io/project/image:tag'],
    ...['[1::2::3]/project/image:tag', '::1/project/image:tag', 'docker.io/Upper/Case/Repo:tag'],
    ...['project/-image:tag', 'project/image-:tag', 'project/image___x:tag', 'project/star*:tag'],
    ...['project/image:tag^1', `project/image:${'x'.repeat(129)}`, 'project/image@sha256:12345'],
    ...[`project/image@sha256:gggg${'0'.repeat(60)}`],
  ]),
  ...differingTexts('regclient', [
    [
      'registry-1.docker.io/library/alpine',
      'docker.io/library/alpine',
      'registry-1.docker.io/library/alpine',
      'distribution keeps that name as typed; the same host is asked and the same credentials are found.',
    ],
    [
      'example./g/roup/image:a',
      'example./g/roup/image:a',
      refused,
      'distribution, containerd and ggcr have no host that ends in a dot.',
    ],
    [
      'example.:5000/g/roup/image:a',
      'example.:5000/g/roup/image:a',
      refused,
      'distribution, containerd and ggcr have no host that ends in a dot.',
    ],
    [
      'localhost:5000',
      refused,
      'docker.io/library/localhost:5000',
      'distribution reads a name without a slash as a repository of Docker Hub.',
    ],
  ]),
]

const oras: Row[] = [
  ...agreeingTexts(
    'oras-go',
    ['localhost', 'registry.example.com', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000'].flatMap(
      (registry) =>
        kept([
          `${registry}/hello-world@${digest}`,
          `${registry}/hello-world:v2@${digest}`,
          `${registry}/hello-world:v1`,
          `${registry}/hello-world`,
        ]),
    ),
  ),
  ...agreeingTexts(
    'oras-go',
    kept([`localhost:5000/org/repo:v1.2.3-alpha@${digest}`, `registry.example.com/myapp:1.0.0@${digest}`]),
  ),
  ...refusedTexts('oras-go', [
    ...['/hello-world:linux', 'localhost/UPPERCASE/test', 'localhost:v1/hello-world'],
    ...[`registry.example.com/foobar@${cut}`, `registry.example.com/hello-world:foobar:${digest}`],
    ...[`registry.example.com/hello-world@@${digest}`, `registry.example.com/hello-world @${digest}`],
    ...['invalid registry/hello-world:v1.0.0', 'registry.example.com/INVALID_REPO:v1.0.0'],
    ...['registry.example.com/hello-world:INVALID_TAG!'],
  ]),
  ...differingTexts('oras-go', [
    [
      `localhost/hello-world:@${digest}`,
      `localhost/hello-world@${digest}`,
      refused,
      'distribution, ggcr and regclient refuse an empty tag: something was left out.',
    ],
    [
      'localhost',
      refused,
      'docker.io/library/localhost',
      'oras has no default registry; the others have Docker Hub.',
    ],
    [
      'hello-world:linux',
      refused,
      'docker.io/library/hello-world:linux',
      'oras has no default registry; the others have Docker Hub.',
    ],
  ]),
]

export const referencesOfClients: Table = {
  title: 'References in client libraries',
  about: 'As above, from the tests of three client libraries.',
  rows: [...ggcr, ...regclient, ...oras],
}
