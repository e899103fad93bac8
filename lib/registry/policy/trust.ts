/**
 * Which certificates are trusted: Node's own, the system's, and those that the user gave. They are read with the first
 * TLS connection: a pull over plain HTTP pays nothing for them.
 */
import { type SecureContext, createSecureContext, rootCertificates } from 'node:tls'
import { WindlassError } from '../../errors.js'
import {
  certificateBlocks,
  extraCertificates,
  holdsCertificate,
  isCertificate,
  systemCertificates,
} from './certificates.js'
import type { Environment } from './environment.js'

export interface TrustOptions {
  /** Certificates to trust beside Node's and the system's, as PEM text. */
  readonly ca?: string | Buffer
  /** Accept any certificate. */
  readonly insecureTls?: boolean
  /** Where `SSL_CERT_FILE` and `SSL_CERT_DIR` are (the process's own). */
  readonly env?: Environment
}

export class Trust {
  readonly #options: TrustOptions
  #context: SecureContext | undefined

  /** @throws USAGE for a `ca` without a certificate */
  constructor(options: TrustOptions = {}) {
    this.#options = options
    if (options.ca === undefined || holdsCertificate(options.ca.toString())) return
    throw new WindlassError('USAGE', 'The option ca holds no certificate', {
      hint: 'Give certificates as PEM text: -----BEGIN CERTIFICATE----- and so on',
    })
  }

  /** For connections to registries and proxies; made once. */
  get context(): SecureContext {
    this.#context ??= this.#make()
    return this.#context
  }

  #make(): SecureContext {
    const { ca = '', insecureTls = false, env = process.env } = this.#options
    if (insecureTls) return createSecureContext()
    // To parse one again that Node has takes longer than to see that it is the same.
    const known = new Set(rootCertificates.map(inOneLine))
    const given = [...certificateBlocks(ca.toString()), ...extraCertificates(env)]
    const more = [...given, ...systemCertificates(env)].filter((block) => {
      const text = inOneLine(block)
      if (known.has(text)) return false
      known.add(text)
      return true
    })
    const context = createSecureContext()
    if (more.length === 0) return context
    // What `createSecureContext` does for `ca`, without putting aside what Node trusts by itself.
    const native: unknown = context.context
    if (!takesCertificates(native))
      return createSecureContext({ ca: [...rootCertificates, ...more.filter(isCertificate)] })
    for (const block of more) native.addCACert(block)
    return context
  }
}

/** Lines of a block are longer in some files than in others. */
const inOneLine = (block: string): string => block.split(/\r?\n/).join('')

const takesCertificates = (native: unknown): native is { addCACert(pem: string): void } =>
  typeof native === 'object' &&
  native !== null &&
  'addCACert' in native &&
  typeof native.addCACert === 'function'
