/**
 * Faults of TLS: a client must not send anything to a peer that it cannot verify, and must not fall back to plain HTTP.
 */
import { faults } from '../fault.js'
import { faultsOf, type CataloguedFault } from '../scene/catalogued.js'

/** The budget allows no request, since the client must not trust the server. */
const tls = faultsOf('tls', { requests: 0, bytes: 16 * 1024, setting: { tls: {} } })
const day = 86_400_000

/** Faults of TLS. */
export const tlsFaults: readonly CataloguedFault[] = [
  tls('good', 'has a certificate that the client is told to trust', 'image', () => undefined, {
    requests: 8,
    bytes: 128 * 1024,
  }),
  tls('unknown-authority', 'has a certificate of an unknown authority', 'TLS', () => undefined, {
    setting: { tls: {}, trusted: false },
  }),
  tls('expired', 'has a certificate that ran out yesterday', 'TLS', () => undefined, {
    setting: { tls: { from: new Date(Date.now() - 9 * day), to: new Date(Date.now() - day) } },
  }),
  tls('not-yet-valid', 'has a certificate from tomorrow on', 'TLS', () => undefined, {
    setting: { tls: { from: new Date(Date.now() + day), to: new Date(Date.now() + 9 * day) } },
  }),
  tls('other-name', 'has a certificate for another name', 'TLS', () => undefined, {
    setting: { tls: { hosts: ['registry.example'] } },
  }),
  tls('other-address', 'has a certificate for another address', 'TLS', () => undefined, {
    setting: { tls: { hosts: ['127.0.0.2'] } },
  }),
  tls(
    'target-of-other-name',
    'sends for a blob to an origin in plain HTTP',
    'REDIRECT_REFUSED',
    ({ registry, elsewhere, layer }) =>
      registry.addFault(faults.redirect(`${elsewhere.url}/v2/team/app/blobs/${layer}`, { reference: layer })),
    { requests: 8, bytes: 32 * 1024, setting: { tls: {}, elsewhere: 'http' } },
  ),
  tls(
    'truncated',
    'cuts the TLS connection in the middle of a blob once',
    'image',
    ({ registry, layer, random, size }) =>
      registry.addFault(faults.reset(random(size), { reference: layer })),
    { requests: 10, bytes: 256 * 1024 },
  ),
]
