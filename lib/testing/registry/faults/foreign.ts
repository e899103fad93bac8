/** Faults of the `urls` of a layer that the registry does not have. */
import { answer, problem } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultsOf,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const foreign = faultsOf('foreign URL', { requests: 7, bytes: 16 * 1024 })
const fetchedElsewhere: FaultChange = { elsewhere: 1, bytes: 112 * 1024 }

/** Makes the large layer available only at these URLs. */
function publishWithUrls(scene: FaultScene, urls: readonly string[]): void {
  const { registry, layer, manifest, publish } = scene
  const { layers, ...rest } = manifest()
  const [first, ...others] = layers as readonly object[] // from buildImage
  publish({ ...rest, layers: [{ ...first, urls }, ...others] })
  registry.addFault(faults.status(404, { reference: layer, times: Infinity }))
}

const urlFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  url: string | ((scene: FaultScene) => string),
  change: FaultChange = {},
  install: (scene: FaultScene) => void = () => undefined,
): CataloguedFault =>
  foreign(
    name,
    behaviour,
    outcome,
    (scene) => {
      publishWithUrls(scene, [typeof url === 'function' ? url(scene) : url])
      install(scene)
    },
    change,
  )

/** Returns the URL of the layer without its signature, because a manifest contains no secrets. */
const unsignedUrl = ({ signedUrl }: FaultScene): string => signedUrl.replace(/\?.*$/, '')

const refusedUrl = (name: string, url: string): CataloguedFault =>
  urlFault(name, `leads to \`${url}\``, 'BLOB_UNKNOWN', url)

/** Faults of the `urls` of a layer. */
export const foreignFaults: readonly CataloguedFault[] = [
  urlFault('honest', 'leads to another origin, which has the layer', 'image', unsignedUrl, fetchedElsewhere),
  refusedUrl('file', 'file:///etc/passwd'),
  refusedUrl('unix', 'unix:/var/run/docker.sock:/x'),
  refusedUrl('data', 'data:text/plain,hello'),
  refusedUrl('no-url', '//elsewhere/x'),
  refusedUrl('metadata', 'http://169.254.169.254/latest/meta-data'),
  refusedUrl('metadata-name', 'http://metadata.google.internal/x'),
  refusedUrl('link-local', 'http://[fe80::1]/x'),
  refusedUrl('unspecified', 'http://0.0.0.0:1/x'),
  refusedUrl('private-10', 'http://10.0.0.1:1/x'),
  refusedUrl('private-172', 'http://172.16.0.1:1/x'),
  refusedUrl('private-192', 'http://192.168.0.1:1/x'),
  refusedUrl('carrier', 'http://100.64.0.1:1/x'),
  refusedUrl('private-ipv6', 'http://[fd00::1]:1/x'),
  refusedUrl('private-mapped', 'http://[::ffff:10.0.0.1]:1/x'),
  refusedUrl('private-translated', 'http://[64:ff9b::10.0.0.1]:1/x'),
  urlFault('user-info', 'has a name and a password in it', 'BLOB_UNKNOWN', ({ signedUrl }) =>
    signedUrl.replace('://', '://someone:secret@'),
  ),
  urlFault(
    'wants-login',
    'leads to an origin that wants a login',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { ...fetchedElsewhere, bytes: 16 * 1024 },
    ({ elsewhere, registry }) =>
      elsewhere.addFault(
        faults.answer(
          problem(401, 'UNAUTHORIZED', 'x', {
            'www-authenticate': `Bearer realm="${registry.url}/token",service="windlass-registry"`,
          }),
        ),
      ),
  ),
  urlFault(
    'wants-basic',
    'leads to an origin that wants a Basic login',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { ...fetchedElsewhere, bytes: 16 * 1024 },
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer(problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': 'Basic realm="x"' })),
      ),
  ),
  urlFault(
    'back-to-registry',
    'leads to an origin that sends back to the registry',
    'BLOB_UNKNOWN',
    unsignedUrl,
    {
      elsewhere: 1,
      requests: 8,
      check: ({ registry }) =>
        registry.requests.some(
          ({ url, headers }) => url.includes('back') && headers['authorization'] !== undefined,
        )
          ? ['a foreign URL got the credentials']
          : [],
    },
    ({ elsewhere, registry, layer }) =>
      elsewhere.addFault(faults.redirect(`${registry.url}/v2/team/app/blobs/${layer}?back`)),
  ),
  urlFault(
    'to-file',
    'leads to an origin that sends to a file',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('file:///etc/passwd')),
  ),
  urlFault(
    'to-metadata',
    'leads to an origin that sends to a metadata service',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://169.254.169.254/')),
  ),
  urlFault(
    'to-private',
    'leads to an origin that sends into a private network',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://10.0.0.1:1/x')),
  ),
  urlFault(
    'loop',
    'leads in a circle',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 2 },
    ({ elsewhere, layer }) =>
      elsewhere.addFault(faults.answer(answer(307, { location: `/v2/team/app/blobs/${layer}?again` }))),
  ),
  urlFault(
    'wrong-bytes',
    'leads to other bytes',
    'DIGEST_MISMATCH',
    unsignedUrl,
    fetchedElsewhere,
    ({ elsewhere }) => elsewhere.addFault(faults.wrongByte(77, { times: Infinity })),
  ),
  urlFault('short', 'leads to fewer bytes', 'SIZE_MISMATCH', unsignedUrl, fetchedElsewhere, ({ elsewhere }) =>
    elsewhere.addFault(faults.body((good) => good.subarray(1))),
  ),
  urlFault('missing', 'leads to nothing', 'BLOB_UNKNOWN', unsignedUrl, { elsewhere: 1 }, ({ elsewhere }) =>
    elsewhere.addFault(faults.status(404, { times: Infinity })),
  ),
  urlFault(
    'truncates-once',
    'breaks off once',
    'image',
    unsignedUrl,
    { ...fetchedElsewhere, elsewhere: 2, requests: 8 },
    ({ elsewhere }) => elsewhere.addFault(faults.truncate(40_000)),
  ),
  urlFault(
    'stalls-once',
    'stops once',
    'image',
    unsignedUrl,
    { ...fetchedElsewhere, elsewhere: 2, requests: 8, silent: true },
    ({ elsewhere }) => elsewhere.addFault(faults.stall(40_000)),
  ),
  urlFault('nobody', 'leads to a closed port', 'BLOB_UNKNOWN', 'http://127.0.0.1:1/x', {
    requests: 9,
  }),
]
