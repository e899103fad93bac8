/** Explains why a certificate was rejected, by the error codes of Node and OpenSSL. */

const pattern =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT)/

/** Reports whether an error code means that the certificate of the peer was rejected. */
export const isCertificateCode = (code: string): boolean => pattern.test(code)

/**
 * Returns the reason as a clause, and a hint.
 * @param host - name of the host for the hint
 */
export function certificateFault(
  code: string,
  host: string,
): { readonly why: string; readonly hint: string } {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return { why: 'its certificate has expired', hint: clockHint(host) }
    case 'CERT_NOT_YET_VALID':
      return { why: 'its certificate is not valid yet', hint: clockHint(host) }
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return {
        why: 'its certificate is for another name',
        hint: `Check the name ${host}. The login page of a network (a captive portal) also answers like this.`,
      }
    default:
      return {
        why: 'its certificate is not trusted',
        hint: `If ${host} has a certificate authority of its own, trust it with --ca FILE.`,
      }
  }
}

const clockHint = (host: string): string =>
  `Check the clock of this machine. If it is right, ${host} needs a new certificate.`
