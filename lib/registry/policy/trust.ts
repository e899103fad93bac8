/**
 * Determines the trusted certificates: those of Node, of the system and of the user. They are loaded at the first TLS
 * connection, so that a pull over plain HTTP does not load them.
 */
import { createPrivateKey } from 'node:crypto'
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

/** A certificate by which this machine identifies to a host, and its private key, as PEM text. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
}

/** Settings of `Trust`. */
export interface TrustOptions {
  /** Certificates to trust besides those of Node and the system, as PEM text. */
  readonly ca?: string | Buffer
  /**
   * Client certificates with their keys, as PEM text, for hosts that require one. Of several with the same type of key,
   * the first is used.
   */
  readonly client?: readonly ClientCertificate[]
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

  /** Whether any certificate of a host is accepted. */
  get acceptsAny(): boolean {
    return this.#options.insecureTls === true
  }

  /**
   * The TLS context for connections to registries and proxies; created once.
   * @throws USAGE when a client certificate or its key is invalid
   */
  get context(): SecureContext {
    this.#context ??= this.#create()
    return this.#context
  }

  #create(): SecureContext {
    const { ca = '', insecureTls = false, env = process.env } = this.#options
    if (insecureTls) return this.#contextWith()
    // Comparing the text of a certificate is faster than parsing one that Node already has.
    const known = new Set(rootCertificates.map(joinLines))
    const configured = [...certificateBlocks(ca.toString()), ...extraCertificates(env)]
    const additional = [...configured, ...systemCertificates(env)].filter((block) => {
      const text = joinLines(block)
      if (known.has(text)) return false
      known.add(text)
      return true
    })
    const context = this.#contextWith()
    if (additional.length === 0) return context
    // Adds the certificates as `createSecureContext` does for `ca`, but keeps the default ones.
    const native: unknown = context.context
    if (!canAddCertificates(native))
      return this.#contextWith([...rootCertificates, ...additional.filter(isCertificate)])
    for (const block of additional) native.addCACert(block)
    return context
  }

  /** Returns a context with the client certificates and, if given, these authorities in place of those of Node. */
  #contextWith(ca?: readonly string[]): SecureContext {
    try {
      const client = onePerKeyType(this.#options.client ?? [])
      return createSecureContext({
        ...(ca && { ca: [...ca] }),
        ...(client.length > 0 && {
          cert: client.map(({ certificate }) => certificate),
          key: client.map(({ key }) => key),
        }),
      })
    } catch (cause) {
      // The message of OpenSSL names a kind of error, and quotes no key.
      throw new WindlassError('USAGE', 'A client certificate or its key cannot be read', {
        cause,
        hint: 'Both must be in PEM format, the key without a password, and belong together.',
      })
    }
  }
}

/**
 * Returns the first of the client certificates for each type of key. OpenSSL can hold one of each type.
 * @throws errors of OpenSSL when a key is invalid
 */
function onePerKeyType(client: readonly ClientCertificate[]): readonly ClientCertificate[] {
  const found = new Map<string | undefined, ClientCertificate>()
  for (const each of client) {
    const type = createPrivateKey(each.key).asymmetricKeyType
    if (!found.has(type)) found.set(type, each)
  }
  return [...found.values()]
}

/** Joins the lines of a block, since files wrap them differently. */
const joinLines = (block: string): string => block.split(/\r?\n/).join('')

const canAddCertificates = (native: unknown): native is { addCACert(pem: string): void } =>
  typeof native === 'object' &&
  native !== null &&
  'addCACert' in native &&
  typeof native.addCACert === 'function'
