/**
 * The one error class of Windlass, its codes, and what each code means to a process that ends with it.
 * Every message says what was being done, to what, and what went wrong; `hint` says what to do next.
 */

/** What the process ends with (0 done, 1 otherwise, 2 usage … 7 store, 8 not an image, 130 cancelled). */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130

interface Meaning {
  readonly exit: ExitCode
  /** Whether doing the same again may help. An error can say otherwise of itself. */
  readonly retryable: boolean
}

const means = (exit: ExitCode, retryable = false): Meaning => ({ exit, retryable })

/** Every code an error can have. */
export const errorCodes = {
  INTERNAL: means(1),
  PROTOCOL: means(1),

  USAGE: means(2),
  REFERENCE_INVALID: means(2),
  DIGEST_INVALID: means(2),
  PLATFORM_INVALID: means(2),

  UNAUTHORIZED: means(3),
  DENIED: means(3),

  NAME_UNKNOWN: means(4),
  MANIFEST_UNKNOWN: means(4),
  PLATFORM_UNMATCHED: means(4),
  IMAGE_UNKNOWN: means(4),

  DIGEST_MISMATCH: means(5),
  SIZE_MISMATCH: means(5),
  DIFF_ID_MISMATCH: means(5),
  ROOTFS_MISMATCH: means(5),
  MANIFEST_INVALID: means(5),
  CONFIG_INVALID: means(5),
  LAYER_INVALID: means(5),
  LIMIT_EXCEEDED: means(5),
  SIGNATURE_INVALID: means(5),

  NETWORK: means(6, true),
  STALLED: means(6, true),
  REGISTRY_RESPONSE: means(6),
  REGISTRY_UNAVAILABLE: means(6, true),
  TOO_MANY_REQUESTS: means(6, true),
  BLOB_UNKNOWN: means(6),
  CHALLENGE_INVALID: means(6),
  REDIRECT_REFUSED: means(6),
  TLS: means(6),

  STORE_FULL: means(7),
  STORE_READ_ONLY: means(7),
  STORE_DENIED: means(7),
  STORE_LOCKED: means(7, true),
  STORE_CORRUPT: means(7),
  STORE_IO: means(7),

  /** Not a container image, or of a kind that is not supported. */
  UNSUPPORTED: means(8),
  MANIFEST_UNSUPPORTED: means(8),

  CANCELLED: means(130),
} as const satisfies Record<string, Meaning>

export type ErrorCode = keyof typeof errorCodes

/** What an error is about. Never holds a secret: hosts and URLs come without user info and query. */
export interface ErrorSubject {
  readonly reference?: string
  readonly host?: string
  readonly digest?: string
  readonly path?: string
  readonly url?: string
  readonly status?: number
}

export interface ErrorDetails extends ErrorSubject {
  readonly cause?: unknown
  /** What the user can do about it, as a sentence. */
  readonly hint?: string
  /** Overrides what the code says. */
  readonly retryable?: boolean
  /** How long a host asked to be left alone, in milliseconds (`Retry-After`). */
  readonly retryAfter?: number
}

/** An error as plain data: what crosses to a worker, an event or a JSON line. */
export interface ErrorRecord extends ErrorSubject {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly hint?: string
}

export class WindlassError extends Error {
  override readonly name = 'WindlassError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string | undefined
  readonly retryAfter: number | undefined
  readonly subject: ErrorSubject

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, hint, retryable, retryAfter, ...subject } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable ?? errorCodes[code].retryable
    this.hint = hint
    this.retryAfter = retryAfter
    this.subject = subject
  }

  get exitCode(): ExitCode {
    return errorCodes[this.code].exit
  }

  toJSON(): ErrorRecord {
    const { code, message, retryable, hint, subject } = this
    return { code, message, retryable, ...(hint === undefined ? {} : { hint }), ...subject }
  }

  /** The error that `record` was made of, on the other side of a worker or a wire. */
  static from({ code, message, retryable, hint, ...subject }: ErrorRecord): WindlassError {
    return new WindlassError(code, message, {
      retryable,
      ...(hint === undefined ? {} : { hint }),
      ...subject,
    })
  }
}

/** `error` as a WindlassError: itself, or wrapped as INTERNAL (an abort: CANCELLED). */
export function asWindlassError(error: unknown): WindlassError {
  if (error instanceof WindlassError) return error
  if (error instanceof Error && error.name === 'AbortError')
    return new WindlassError('CANCELLED', 'The work was cancelled', { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new WindlassError('INTERNAL', message, { cause: error })
}
