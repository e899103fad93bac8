/**
 * Determines the trusted certificates: those of Node, of the system and of the user. They are loaded at the first TLS
 * connection, so that a pull over plain HTTP does not load them.
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

/** Settings of `Trust`. */
export interface TrustOptions {
  /** Certificates to trust besides those of Node and the system, as PEM text. */
  readonly ca?: string | Buffer
  /** Accept any certificate (default false). */
  readonly insecureTls?: boolean
  /** Environment with `SSL_CERT_FILE` and `SSL_CERT_DIR` (default `process.env`). */
  readonly env?: Environment
}

/** The trusted certificates of a set of connections. */
export class Trust {
  readonly #options: TrustOptions
  #context: SecureContext | undefined

  /** @throws USAGE when `ca` has no certificate */
  constructor(options: TrustOptions = {}) {
    this.#options = options
    if (options.ca === undefined || holdsCertificate(options.ca.toString())) return
    throw new WindlassError('USAGE', 'The option ca contains no certificate', {
      hint: 'It takes certificates as PEM text, which starts with -----BEGIN CERTIFICATE-----.',
    })
  }

  /** The TLS context for connections to registries and proxies; created once. */
  get context(): SecureContext {
    this.#context ??= this.#create()
    return this.#context
  }

  #create(): SecureContext {
    const { ca = '', insecureTls = false, env = process.env } = this.#options
    if (insecureTls) return createSecureContext()
    // Comparing the text of a certificate is faster than parsing one that Node already has.
    const known = new Set(rootCertificates.map(joinLines))
    const configured = [...certificateBlocks(ca.toString()), ...extraCertificates(env)]
    const additional = [...configured, ...systemCertificates(env)].filter((block) => {
      const text = joinLines(block)
      if (known.has(text)) return false
      known.add(text)
      return true
    })
    const context = createSecureContext()
    if (additional.length === 0) return context
    // Adds the certificates as `createSecureContext` does for `ca`, but keeps the default ones.
    const native: unknown = context.context
    if (!canAddCertificates(native))
      return createSecureContext({ ca: [...rootCertificates, ...additional.filter(isCertificate)] })
    for (const block of additional) native.addCACert(block)
    return context
  }
}

/** Joins the lines of a block, since files wrap them differently. */
const joinLines = (block: string): string => block.split(/\r?\n/).join('')

const canAddCertificates = (native: unknown): native is { addCACert(pem: string): void } =>
  typeof native === 'object' &&
  native !== null &&
  'addCACert' in native &&
  typeof native.addCACert === 'function'
