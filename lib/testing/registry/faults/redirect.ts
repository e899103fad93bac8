/** Faults of redirects: of blobs, which registries with external storage use, and of manifests. */
import { answer } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const redirect = faultsOf('redirect')
const failed = { requests: 7, bytes: 16 * 1024 }

/** Redirects the large layer to `where`. */
const redirectTo = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  where: string | ((scene: FaultScene) => string),
  change: FaultChange = outcome === 'image' ? { elsewhere: 1 } : failed,
  status = 307,
): CataloguedFault =>
  redirect(
    name,
    behaviour,
    outcome,
    (scene) =>
      scene.registry.addFault(
        faults.redirect(
          typeof where === 'function' ? where(scene) : where,
          { reference: scene.layer },
          status,
        ),
      ),
    change,
  )

const signed = ({ signedUrl }: FaultScene): string => signedUrl

const targets = [
  redirectTo('file', 'sends for a blob to a file', 'REDIRECT_REFUSED', 'file:///etc/passwd'),
  redirectTo(
    'unix',
    'sends for a blob to a socket',
    'REDIRECT_REFUSED',
    'unix:/var/run/docker.sock:/containers/json',
  ),
  redirectTo('data', 'gives a blob as a `data:` URL', 'REDIRECT_REFUSED', 'data:text/plain,hello'),
  redirectTo('ftp', 'sends for a blob to FTP', 'REDIRECT_REFUSED', 'ftp://192.0.2.1/x'),
  redirectTo('javascript', 'sends for a blob to a script', 'REDIRECT_REFUSED', 'javascript:alert(1)'),
  redirectTo('no-url', 'sends for a blob to what is no URL', 'REDIRECT_REFUSED', 'http://['),
  redirectTo(
    'metadata',
    'sends for a blob to a metadata service',
    'REDIRECT_REFUSED',
    'http://169.254.169.254/latest/meta-data',
  ),
  redirectTo(
    'metadata-name',
    'sends for a blob to a metadata service by name',
    'REDIRECT_REFUSED',
    'http://metadata.google.internal/x',
  ),
  redirectTo(
    'link-local',
    'sends for a blob to a link-local address',
    'REDIRECT_REFUSED',
    'http://[fe80::1]/x',
  ),
  redirectTo('unspecified', 'sends for a blob to no address', 'REDIRECT_REFUSED', 'http://0.0.0.0:1/x'),
  redirectTo('nowhere', 'redirects a blob to a closed port', 'NETWORK', 'http://127.0.0.1:1/x', {
    requests: 9,
    bytes: 16 * 1024,
  }),
  redirectTo('empty', 'sends for a blob to the place itself', 'REDIRECT_REFUSED', ''),
  redirectTo(
    'loop',
    'sends for a blob in a circle',
    'REDIRECT_REFUSED',
    ({ layer }) => `/v2/team/app/blobs/${layer}?again`,
    { requests: 8, bytes: 16 * 1024 },
  ),
  redirectTo(
    'escapes',
    'sends for a blob to a file, with escapes for the terminal',
    'REDIRECT_REFUSED',
    'file:///\x9b2Jcleared',
  ),
]

const honest = [
  redirectTo('signed', 'sends for a blob to a signed address elsewhere', 'image', signed),
  ...[301, 302, 303, 308].map((status) =>
    redirectTo(
      String(status),
      `sends for a blob elsewhere with ${status}`,
      'image',
      signed,
      { elsewhere: 1 },
      status,
    ),
  ),
  redirect(
    'relative',
    'sends for a blob to another path',
    'image',
    ({ registry, layer }) =>
      registry.addFault(
        faults.answer(
          (_, { url }) =>
            url.includes('?there') ? undefined : answer(307, { location: `./${layer}?there` }),
          { reference: layer },
        ),
      ),
    { requests: 8 },
  ),
  redirectTo('same-scheme', 'sends for a blob to `//host/…`', 'image', ({ signedUrl }) =>
    signedUrl.replace(/^http:/, ''),
  ),
  redirectTo('user-info', 'puts a name and a password into the address', 'image', ({ signedUrl }) =>
    signedUrl.replace('://', '://someone:secret@'),
  ),
  redirectTo(
    'line-break',
    'puts an encoded line break into the address',
    'image',
    ({ signedUrl }) => `${signedUrl}%0d%0ax-injected:%201`,
  ),
  redirect(
    'tls',
    'speaks TLS, as the other origin does',
    'image',
    ({ registry, signedUrl, layer }) => registry.addFault(faults.redirect(signedUrl, { reference: layer })),
    { setting: { tls: {} }, elsewhere: 1, requests: 8, bytes: 128 * 1024 },
  ),
]

const statuses = [300, 304, 305, 306].map((status) =>
  redirectTo(
    String(status),
    `answers for a blob with ${status} and a place`,
    'REGISTRY_RESPONSE',
    signed,
    failed,
    status,
  ),
)

/** Redirects the large layer over `hops` hops to the other origin, which has the blob. */
const chain =
  (hops: number) =>
  (scene: FaultScene): void =>
    scene.registry.addFault(
      faults.answer(
        (_, { url }) => {
          const hop = Number(/hop=(\d+)/.exec(url)?.[1] ?? 0) + 1
          const location = hop < hops ? `/v2/team/app/blobs/${scene.layer}?hop=${hop}` : scene.signedUrl
          return answer(307, { location })
        },
        { reference: scene.layer },
      ),
    )

const chains = [
  redirect('chain-of-5', 'sends for a blob through 5 places', 'image', chain(5), {
    requests: 11,
    elsewhere: 1,
  }),
  redirect('chain-of-10', 'sends for a blob through 10 places', 'image', chain(10), {
    requests: 16,
    elsewhere: 1,
  }),
  redirect('chain-of-11', 'sends for a blob through 11 places', 'LIMIT_EXCEEDED', chain(11), {
    requests: 17,
    bytes: 16 * 1024,
  }),
]

/** Faults of redirects. */
export const redirectFaults: readonly CataloguedFault[] = [...targets, ...honest, ...statuses, ...chains]
