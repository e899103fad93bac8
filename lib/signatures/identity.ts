/** Compares the identity in a certificate with the one that a policy requires. */
import { printable } from '../codec/printable.js'

/**
 * Who signed, as the certificate authority confirmed: a subject (an e-mail address, the URL of a workflow) and the issuer
 * that authenticated it. A text must be equal. A pattern must match the whole value.
 */
export interface CertificateIdentity {
  readonly subject: string | RegExp
  readonly issuer: string | RegExp
}

/** The identity of a certificate. */
export interface SignerIdentity {
  readonly subject: string | undefined
  readonly issuer: string | undefined
}

const matches = (expected: string | RegExp, actual: string | undefined): boolean => {
  if (actual === undefined) return false
  if (typeof expected === 'string') return actual === expected
  // Without the state of a pattern with the flags g or y.
  return new RegExp(`^(?:${expected.source})$`, expected.flags.replace(/[gym]/g, '')).test(actual)
}

/** Returns whether a signer is the expected one. */
export const isIdentity = (expected: CertificateIdentity, { subject, issuer }: SignerIdentity): boolean =>
  matches(expected.subject, subject) && matches(expected.issuer, issuer)

/** Returns a text for messages: `"dev@example.org" (issuer "https://accounts.example.org")`. */
export const formatIdentity = ({ subject, issuer }: CertificateIdentity | SignerIdentity): string =>
  `${formatPart(subject)} (issuer ${formatPart(issuer)})`

const formatPart = (part: string | RegExp | undefined): string =>
  part === undefined ? 'none' : typeof part === 'string' ? `"${printable(part)}"` : printable(String(part))
