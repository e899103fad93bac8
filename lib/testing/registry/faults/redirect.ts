/** Faults of redirects: of blobs, which registries with external storage use, and of manifests. */
import { answer } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const redirectFault = faultDefiner('redirect')
/** Traffic of a pull that fails at the redirect, before the large layer is sent. */
const refusalBudget = { requests: 7, bytes: 16 * 1024 }

/** Defines a fault that redirects the large layer to `where`, a URL. */
const redirectToFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  where: string | ((scene: FaultScene) => string),
  change: FaultChange = outcome === 'image' ? { elsewhere: 1 } : refusalBudget,
  status = 307,
): CataloguedFault =>
  redirectFault(
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

const toSignedUrl = ({ signedUrl }: FaultScene): string => signedUrl

const invalidTargets = [
  redirectToFault('file', 'redirects a blob to a `file:` URL', 'REDIRECT_REFUSED', 'file:///etc/passwd'),
  redirectToFault(
    'unix',
    'redirects a blob to a `unix:` URL',
    'REDIRECT_REFUSED',
    'unix:/var/run/docker.sock:/containers/json',
  ),
  redirectToFault('data', 'redirects a blob to a `data:` URL', 'REDIRECT_REFUSED', 'data:text/plain,hello'),
  redirectToFault('ftp', 'redirects a blob to an `ftp:` URL', 'REDIRECT_REFUSED', 'ftp://192.0.2.1/x'),
  redirectToFault(
    'javascript',
    'redirects a blob to a `javascript:` URL',
    'REDIRECT_REFUSED',
    'javascript:alert(1)',
  ),
  redirectToFault('no-url', 'redirects a blob to an invalid URL', 'REDIRECT_REFUSED', 'http://['),
  redirectToFault(
    'metadata',
    'redirects a blob to the address of a cloud metadata service',
    'REDIRECT_REFUSED',
    'http://169.254.169.254/latest/meta-data',
  ),
  redirectToFault(
    'metadata-name',
    'redirects a blob to the host name of a cloud metadata service',
    'REDIRECT_REFUSED',
    'http://metadata.google.internal/x',
  ),
  redirectToFault(
    'link-local',
    'redirects a blob to a link-local address',
    'REDIRECT_REFUSED',
    'http://[fe80::1]/x',
  ),
  redirectToFault(
    'unspecified',
    'redirects a blob to the unspecified address',
    'REDIRECT_REFUSED',
    'http://0.0.0.0:1/x',
  ),
  redirectToFault('nowhere', 'redirects a blob to a closed port', 'NETWORK', 'http://127.0.0.1:1/x', {
    requests: 9,
    bytes: 16 * 1024,
  }),
  redirectToFault(
    'empty',
    'redirects a blob with an empty `Location`, which is the same URL',
    'REDIRECT_REFUSED',
    '',
  ),
  redirectToFault(
    'loop',
    'redirects a blob in a loop',
    'REDIRECT_REFUSED',
    ({ layer }) => `/v2/team/app/blobs/${layer}?again`,
    { requests: 8, bytes: 16 * 1024 },
  ),
  redirectToFault(
    'escapes',
    'redirects a blob to a `file:` URL that contains terminal escape sequences',
    'REDIRECT_REFUSED',
    'file:///\x9b2Jcleared',
  ),
]

const validTargets = [
  redirectToFault('signed', 'redirects a blob to a signed URL of the other origin', 'image', toSignedUrl),
  ...[301, 302, 303, 308].map((status) =>
    redirectToFault(
      String(status),
      `redirects a blob to the other origin with ${status}`,
      'image',
      toSignedUrl,
      { elsewhere: 1 },
      status,
    ),
  ),
  redirectFault(
    'relative',
    'redirects a blob to a relative URL',
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
  redirectToFault(
    'same-scheme',
    'redirects a blob to a URL without a scheme (`//host/…`)',
    'image',
    ({ signedUrl }) => signedUrl.replace(/^http:/, ''),
  ),
  redirectToFault(
    'user-info',
    'redirects a blob to a URL with a user name and a password',
    'image',
    ({ signedUrl }) => signedUrl.replace('://', '://someone:secret@'),
  ),
  redirectToFault(
    'line-break',
    'redirects a blob to a URL with an encoded line break',
    'image',
    ({ signedUrl }) => `${signedUrl}%0d%0ax-injected:%201`,
  ),
  redirectFault(
    'tls',
    'redirects a blob to the other origin, both over TLS',
    'image',
    ({ registry, signedUrl, layer }) => registry.addFault(faults.redirect(signedUrl, { reference: layer })),
    { setting: { tls: {} }, elsewhere: 1, requests: 8, bytes: 128 * 1024 },
  ),
]

const otherStatuses = [300, 304, 305, 306].map((status) =>
  redirectToFault(
    String(status),
    `responds to a blob request with ${status} and a \`Location\``,
    'REGISTRY_RESPONSE',
    toSignedUrl,
    refusalBudget,
    status,
  ),
)

/** Redirects the large layer over `hops` hops to the other origin, which has the blob. */
const installChain =
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

const chainFaults = [
  redirectFault('chain-of-5', 'redirects a blob over 5 hops', 'image', installChain(5), {
    requests: 11,
    elsewhere: 1,
  }),
  redirectFault('chain-of-10', 'redirects a blob over 10 hops', 'image', installChain(10), {
    requests: 16,
    elsewhere: 1,
  }),
  redirectFault('chain-of-11', 'redirects a blob over 11 hops', 'LIMIT_EXCEEDED', installChain(11), {
    requests: 17,
    bytes: 16 * 1024,
  }),
]

/** Faults of redirects. */
export const redirectFaults: readonly CataloguedFault[] = [
  ...invalidTargets,
  ...validTargets,
  ...otherStatuses,
  ...chainFaults,
]
