/** Creates self-signed certificates, valid or invalid, for test registries over TLS. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  bitString,
  der,
  derTrue,
  explicitTag,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8,
} from './der.js'

/** Options of `testCertificate`. */
export interface CertificateOptions {
  /** Host names and IPv4 addresses of the certificate (`127.0.0.1` and `localhost`). */
  readonly hosts?: readonly string[]
  /** Start of its validity (an hour ago). */
  readonly from?: Date
  /** End of its validity (a day from now). */
  readonly to?: Date
}

/** Private key and certificate in PEM. Clients must trust `cert` as an authority (`ca`). */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

const hourMs = 3_600_000
/** Object identifiers of the algorithm, the name attribute and the extensions that a certificate contains. */
const objectIds = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
}

/** Creates a key and a self-signed certificate for it (RFC 5280). */
export function testCertificate(options: CertificateOptions = {}): TestCertificate {
  const now = Date.now()
  const { hosts = ['127.0.0.1', 'localhost'], from = new Date(now - hourMs), to } = options
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(oid(objectIds.ecdsaWithSha256))
  const name = sequence(setOf(sequence(oid(objectIds.commonName), utf8('Windlass test registry'))))
  const isAuthority = sequence(oid(objectIds.basicConstraints), derTrue, octetString(sequence(derTrue)))
  const altNames = sequence(oid(objectIds.subjectAltName), octetString(sequence(...hosts.map(generalName))))
  const unsigned = sequence(
    explicitTag(0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number; the first byte makes it positive
    algorithm,
    name,
    sequence(time(from), time(to ?? new Date(now + 24 * hourMs))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    explicitTag(3, sequence(isAuthority, altNames)),
  )
  const certificate = sequence(unsigned, algorithm, bitString(sign('sha256', unsigned, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: pem(certificate) }
}

/** Encodes an IPv4 address (`iPAddress`, tag 7) or a host name (`dNSName`, tag 2) (RFC 5280 §4.2.1.6). */
const generalName = (host: string): Buffer =>
  isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`
