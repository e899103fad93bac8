/**
 * Faults of TLS: a client must not send anything to a peer that it cannot verify, and must not fall back to plain HTTP.
 */
import { faults } from '../fault.js'
import { faultDefiner, type CataloguedFault } from '../scene/catalogued.js'

/** Defines a fault. The default budget allows no request, because the client must not trust the server. */
const tlsFault = faultDefiner('tls', { requests: 0, bytes: 16 * 1024, setting: { tls: {} } })
const dayMs = 86_400_000

/** Faults of TLS. */
export const tlsFaults: readonly CataloguedFault[] = [
  tlsFault('good', 'has a certificate that the client is told to trust', 'image', () => undefined, {
    requests: 8,
    bytes: 128 * 1024,
  }),
  tlsFault('unknown-authority', 'has a certificate of an unknown authority', 'TLS', () => undefined, {
    setting: { tls: {}, trusted: false },
  }),
  tlsFault('expired', 'has a certificate that expired yesterday', 'TLS', () => undefined, {
    setting: { tls: { from: new Date(Date.now() - 9 * dayMs), to: new Date(Date.now() - dayMs) } },
  }),
  tlsFault('not-yet-valid', 'has a certificate that is valid from tomorrow', 'TLS', () => undefined, {
    setting: { tls: { from: new Date(Date.now() + dayMs), to: new Date(Date.now() + 9 * dayMs) } },
  }),
  tlsFault('other-name', 'has a certificate for another host name', 'TLS', () => undefined, {
    setting: { tls: { hosts: ['registry.example'] } },
  }),
  tlsFault('other-address', 'has a certificate for another address', 'TLS', () => undefined, {
    setting: { tls: { hosts: ['127.0.0.2'] } },
  }),
  tlsFault(
    'target-of-other-name',
    'redirects a blob to an origin with plain HTTP',
    'REDIRECT_REFUSED',
    ({ registry, elsewhere, layer }) =>
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/blobs/${layer}`, { reference: layer })),
    { requests: 8, bytes: 32 * 1024, setting: { tls: {}, elsewhere: 'http' } },
  ),
  tlsFault(
    'truncated',
    'ends the TLS connection once in the middle of a blob',
    'image',
    ({ registry, layer, random, size }) =>
      registry.addFault(faults.reset(random(size), { reference: layer })),
    { requests: 10, bytes: 256 * 1024 },
  ),
]
