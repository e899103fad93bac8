/** Faults of the URLs that a manifest gives for a layer which its registry does not have. */
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
const there: FaultChange = { elsewhere: 1, bytes: 112 * 1024 }

/** The large layer is only where these URLs lead. */
function onlyAt(scene: FaultScene, urls: readonly string[]): void {
  const { registry, layer, manifest, publish } = scene
  const { layers, ...rest } = manifest()
  const [first, ...others] = layers as readonly object[] // of an image of ours
  publish({ ...rest, layers: [{ ...first, urls }, ...others] })
  registry.addFault(faults.status(404, { reference: layer, times: Infinity }))
}

const leading = (
  name: string,
  does: string,
  gives: FaultOutcome,
  url: string | ((scene: FaultScene) => string),
  change: FaultChange = {},
  plant: (scene: FaultScene) => void = () => undefined,
): CataloguedFault =>
  foreign(
    name,
    does,
    gives,
    (scene) => {
      onlyAt(scene, [typeof url === 'function' ? url(scene) : url])
      plant(scene)
    },
    change,
  )

/** Unsigned: what stands in a manifest is no secret. */
const at = ({ signed }: FaultScene): string => signed.replace(/\?.*$/, '')

const refused = (name: string, url: string): CataloguedFault =>
  leading(name, `leads to \`${url}\``, 'BLOB_UNKNOWN', url)

export const foreignFaults: readonly CataloguedFault[] = [
  leading('honest', 'leads to another origin, which has the layer', 'image', at, there),
  refused('file', 'file:///etc/passwd'),
  refused('unix', 'unix:/var/run/docker.sock:/x'),
  refused('data', 'data:text/plain,hello'),
  refused('no-url', '//elsewhere/x'),
  refused('metadata', 'http://169.254.169.254/latest/meta-data'),
  refused('metadata-name', 'http://metadata.google.internal/x'),
  refused('link-local', 'http://[fe80::1]/x'),
  refused('unspecified', 'http://0.0.0.0:1/x'),
  refused('private-10', 'http://10.0.0.1:1/x'),
  refused('private-172', 'http://172.16.0.1:1/x'),
  refused('private-192', 'http://192.168.0.1:1/x'),
  refused('carrier', 'http://100.64.0.1:1/x'),
  refused('private-ipv6', 'http://[fd00::1]:1/x'),
  refused('private-mapped', 'http://[::ffff:10.0.0.1]:1/x'),
  refused('private-translated', 'http://[64:ff9b::10.0.0.1]:1/x'),
  leading('user-info', 'has a name and a password in it', 'BLOB_UNKNOWN', ({ signed }) =>
    signed.replace('://', '://someone:secret@'),
  ),
  leading(
    'wants-login',
    'leads to an origin that wants a login',
    'BLOB_UNKNOWN',
    at,
    { ...there, bytes: 16 * 1024 },
    ({ elsewhere, registry }) =>
      elsewhere.addFault(
        faults.answer(
          problem(401, 'UNAUTHORIZED', 'x', {
            'www-authenticate': `Bearer realm="${registry.url}/token",service="windlass-registry"`,
          }),
        ),
      ),
  ),
  leading(
    'wants-basic',
    'leads to an origin that wants a Basic login',
    'BLOB_UNKNOWN',
    at,
    { ...there, bytes: 16 * 1024 },
    ({ elsewhere }) =>
      elsewhere.addFault(
        faults.answer(problem(401, 'UNAUTHORIZED', 'x', { 'www-authenticate': 'Basic realm="x"' })),
      ),
  ),
  leading(
    'back-to-registry',
    'leads to an origin that sends back to the registry',
    'BLOB_UNKNOWN',
    at,
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
  leading(
    'to-file',
    'leads to an origin that sends to a file',
    'BLOB_UNKNOWN',
    at,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('file:///etc/passwd')),
  ),
  leading(
    'to-metadata',
    'leads to an origin that sends to a metadata service',
    'BLOB_UNKNOWN',
    at,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://169.254.169.254/')),
  ),
  leading(
    'to-private',
    'leads to an origin that sends into a private network',
    'BLOB_UNKNOWN',
    at,
    { elsewhere: 1 },
    ({ elsewhere }) => elsewhere.addFault(faults.redirect('http://10.0.0.1:1/x')),
  ),
  leading('loop', 'leads in a circle', 'BLOB_UNKNOWN', at, { elsewhere: 2 }, ({ elsewhere, layer }) =>
    elsewhere.addFault(faults.answer(answer(307, { location: `/v2/team/app/blobs/${layer}?again` }))),
  ),
  leading('wrong-bytes', 'leads to other bytes', 'DIGEST_MISMATCH', at, there, ({ elsewhere }) =>
    elsewhere.addFault(faults.wrongByte(77, { times: Infinity })),
  ),
  leading('short', 'leads to fewer bytes', 'SIZE_MISMATCH', at, there, ({ elsewhere }) =>
    elsewhere.addFault(faults.body((good) => good.subarray(1))),
  ),
  leading('missing', 'leads to nothing', 'BLOB_UNKNOWN', at, { elsewhere: 1 }, ({ elsewhere }) =>
    elsewhere.addFault(faults.status(404, { times: Infinity })),
  ),
  leading(
    'truncates-once',
    'breaks off once',
    'image',
    at,
    { ...there, elsewhere: 2, requests: 8 },
    ({ elsewhere }) => elsewhere.addFault(faults.truncate(40_000)),
  ),
  leading(
    'stalls-once',
    'stops once',
    'image',
    at,
    { ...there, elsewhere: 2, requests: 8, silent: true },
    ({ elsewhere }) => elsewhere.addFault(faults.stall(40_000)),
  ),
  leading('nobody', 'leads to where nobody listens', 'BLOB_UNKNOWN', 'http://127.0.0.1:1/x', { requests: 9 }),
]
