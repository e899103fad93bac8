/** Checks which certificates are trusted. */
import { systemCertificates } from '../../lib/registry/policy/certificates.js'
import { formatCount } from '../../lib/quantities.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'

const finding = findingsOf('trust')

/** Checks the certificates of the system, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. */
export const checkTrust: Check = ({ env }) => {
  const named = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].filter((name) => (env[name] ?? '') !== '')
  const certificates = systemCertificates(env).length
  if (named.length > 0 && certificates === 0)
    return [
      finding(
        'problem',
        `The variable ${named.join(' and ')} names no certificate that can be read.`,
        'Correct or unset it. Until then, only the certificates of Node.js are trusted.',
      ),
    ]
  const where = named.length > 0 ? named.join(' and ') : 'the system'
  if (certificates === 0)
    return [
      finding(
        'note',
        'The system has no certificates: only those of Node.js are trusted.',
        'Install the package ca-certificates, or name the certificate of a private registry with --ca.',
      ),
    ]
  return [
    finding(
      'ok',
      `${formatCount(certificates, 'certificate')} of ${where} and those of Node.js are trusted.`,
    ),
  ]
}
