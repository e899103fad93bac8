/** Faults of the `urls` of a layer (image-spec descriptor.md) that the registry itself does not have. */
import { answer, problem } from '../answer.js'
import { faults } from '../fault.js'
import {
  faultDefiner,
  type CataloguedFault,
  type FaultChange,
  type FaultOutcome,
  type FaultScene,
} from '../scene/catalogued.js'

const foreignFault = faultDefiner('foreign URL', { requests: 7, bytes: 16 * 1024 })
/** Allows the client to fetch the large layer from the other origin. */
const elsewhereBudget: FaultChange = { elsewhere: 1, bytes: 112 * 1024 }

/** Makes the large layer available only at these URLs. */
function publishWithUrls(scene: FaultScene, urls: readonly string[]): void {
  const { registry, layer, manifest, publish } = scene
  const { layers, ...rest } = manifest()
  const [first, ...others] = layers as readonly object[] // from buildImage
  publish({ ...rest, layers: [{ ...first, urls }, ...others] })
  registry.addFault(faults.status(404, { reference: layer, times: Infinity }))
}

/** Defines a fault that makes the large layer available only at `url`. `install` may install a second fault. */
const urlFault = (
  name: string,
  behaviour: string,
  outcome: FaultOutcome,
  url: string | ((scene: FaultScene) => string),
  change: FaultChange = {},
  install: (scene: FaultScene) => void = () => undefined,
): CataloguedFault =>
  foreignFault(
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

/** Defines a fault with a URL that the client must not request, so that it does not find the layer. */
const refusedUrlFault = (name: string, url: string): CataloguedFault =>
  urlFault(name, `lists \`${url}\` in \`urls\``, 'BLOB_UNKNOWN', url)

/** Faults of the `urls` of a layer. */
export const foreignFaults: readonly CataloguedFault[] = [
  urlFault(
    'honest',
    'lists a URL of the other origin, which has the layer',
    'image',
    unsignedUrl,
    elsewhereBudget,
  ),
  refusedUrlFault('file', 'file:///etc/passwd'),
  refusedUrlFault('unix', 'unix:/var/run/docker.sock:/x'),
  refusedUrlFault('data', 'data:text/plain,hello'),
  refusedUrlFault('no-url', '//elsewhere/x'),
  refusedUrlFault('metadata', 'http://169.254.169.254/latest/meta-data'),
  refusedUrlFault('metadata-name', 'http://metadata.google.internal/x'),
  refusedUrlFault('link-local', 'http://[fe80::1]/x'),
  refusedUrlFault('unspecified', 'http://0.0.0.0:1/x'),
  refusedUrlFault('private-10', 'http://10.0.0.1:1/x'),
  refusedUrlFault('private-172', 'http://172.16.0.1:1/x'),
  refusedUrlFault('private-192', 'http://192.168.0.1:1/x'),
  refusedUrlFault('carrier', 'http://100.64.0.1:1/x'),
  refusedUrlFault('private-ipv6', 'http://[fd00::1]:1/x'),
  refusedUrlFault('private-mapped', 'http://[::ffff:10.0.0.1]:1/x'),
  refusedUrlFault('private-translated', 'http://[64:ff9b::10.0.0.1]:1/x'),
  urlFault('user-info', 'lists a URL with a user name and a password', 'BLOB_UNKNOWN', ({ signedUrl }) =>
    signedUrl.replace('://', '://someone:secret@'),
  ),
  urlFault(
    'wants-login',
    'lists a URL of the other origin, which requires a token',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { ...elsewhereBudget, bytes: 16 * 1024 },
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
    'lists a URL of the other origin, which requires a Basic login',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { ...elsewhereBudget, bytes: 16 * 1024 },
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer(problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': 'Basic realm="x"' })),
      ),
  ),
  urlFault(
    'back-to-registry',
    'lists a URL of the other origin, which redirects back to the registry',
    'BLOB_UNKNOWN',
    unsignedUrl,
    {
      elsewhere: 1,
      requests: 8,
      check: ({ registry }) =>
        registry.requests.some(
          ({ url, headers }) => url.includes('back') && headers['authorization'] !== undefined,
        )
          ? ['the registry received credentials after a redirect from a foreign URL']
          : [],
    },
    ({ elsewhere, registry, layer }) =>
      elsewhere.addFault(faults.redirect(`${registry.url}/v2/team/app/blobs/${layer}?back`)),
  ),
  urlFault(
    'to-file',
    'lists a URL of the other origin, which redirects to a `file:` URL',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('file:///etc/passwd')),
  ),
  urlFault(
    'to-metadata',
    'lists a URL of the other origin, which redirects to a cloud metadata service',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://169.254.169.254/')),
  ),
  urlFault(
    'to-private',
    'lists a URL of the other origin, which redirects to a private address',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://10.0.0.1:1/x')),
  ),
  urlFault(
    'loop',
    'lists a URL of the other origin, which redirects in a loop',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 2 },
    ({ elsewhere, layer }) =>
      elsewhere.addFault(faults.answer(answer(307, { location: `/v2/team/app/blobs/${layer}?again` }))),
  ),
  urlFault(
    'wrong-bytes',
    'lists a URL of the other origin, which sends a wrong byte',
    'DIGEST_MISMATCH',
    unsignedUrl,
    elsewhereBudget,
    ({ elsewhere }) => elsewhere.addFault(faults.wrongByte(77, { times: Infinity })),
  ),
  urlFault(
    'short',
    'lists a URL of the other origin, which sends one byte too few',
    'SIZE_MISMATCH',
    unsignedUrl,
    elsewhereBudget,
    ({ elsewhere }) => elsewhere.addFault(faults.body((good) => good.subarray(1))),
  ),
  urlFault(
    'missing',
    'lists a URL of the other origin, which responds with 404',
    'BLOB_UNKNOWN',
    unsignedUrl,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.status(404, { times: Infinity })),
  ),
  urlFault(
    'truncates-once',
    'lists a URL of the other origin, which closes the connection once in the middle',
    'image',
    unsignedUrl,
    { ...elsewhereBudget, elsewhere: 2, requests: 8 },
    ({ elsewhere }) => elsewhere.addFault(faults.truncate(40_000)),
  ),
  urlFault(
    'stalls-once',
    'lists a URL of the other origin, which stalls once in the middle',
    'image',
    unsignedUrl,
    { ...elsewhereBudget, elsewhere: 2, requests: 8, silent: true },
    ({ elsewhere }) => elsewhere.addFault(faults.stall(40_000)),
  ),
  urlFault('nobody', 'lists a URL with a closed port', 'BLOB_UNKNOWN', 'http://127.0.0.1:1/x', {
    requests: 9,
  }),
]
