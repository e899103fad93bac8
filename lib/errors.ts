/**
 * Provides `WindlassError`, the only error class of Windlass, and its codes. A message states the operation, its object
 * and the problem; the hint states what to do next.
 */

/**
 * Exit code of the process. 0: success, 1: other errors, 2: usage, 3: authentication, 4: not found, 5: invalid image,
 * 6: network or registry, 7: store, 8: unsupported image, 130: cancelled.
 */
export type ExitCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130

/** Properties of an error code. */
interface CodeProperties {
  readonly exit: ExitCode
  /** Whether a retry may succeed. An individual error can override it. */
  readonly retryable: boolean
}

const codeProperties = (exit: ExitCode, retryable = false): CodeProperties => ({ exit, retryable })

/** All error codes, with their exit codes. */
export const errorCodes = {
  INTERNAL: codeProperties(1),
  /** A stage that is not part of Windlass threw an error, which is the cause. */
  STAGE_FAILED: codeProperties(1),
  PROTOCOL: codeProperties(1),

  USAGE: codeProperties(2),
  REFERENCE_INVALID: codeProperties(2),
  DIGEST_INVALID: codeProperties(2),
  PLATFORM_INVALID: codeProperties(2),
  /** A pull of a server is to be changed, but it is not running. */
  PULL_ENDED: codeProperties(2),

  UNAUTHORIZED: codeProperties(3),
  DENIED: codeProperties(3),

  NAME_UNKNOWN: codeProperties(4),
  MANIFEST_UNKNOWN: codeProperties(4),
  PLATFORM_UNMATCHED: codeProperties(4),
  IMAGE_UNKNOWN: codeProperties(4),
  /** The store has no lease with this id. */
  LEASE_UNKNOWN: codeProperties(4),
  /** The server has no pull with this id. */
  PULL_UNKNOWN: codeProperties(4),
  /** The image has no such file. */
  FILE_UNKNOWN: codeProperties(4),
  /** The path is in the image but has no content: a directory, a device, a fifo. */
  NOT_A_FILE: codeProperties(4),

  DIGEST_MISMATCH: codeProperties(5),
  SIZE_MISMATCH: codeProperties(5),
  DIFF_ID_MISMATCH: codeProperties(5),
  ROOTFS_MISMATCH: codeProperties(5),
  MANIFEST_INVALID: codeProperties(5),
  CONFIG_INVALID: codeProperties(5),
  LAYER_INVALID: codeProperties(5),
  LIMIT_EXCEEDED: codeProperties(5),
  /** A signature cannot be read, or its bytes do not belong to what it signs. */
  SIGNATURE_INVALID: codeProperties(5),
  /** The image has no signature, but a policy requires one. */
  SIGNATURE_MISSING: codeProperties(5),
  /** The image is signed by another key, or by another identity, than a policy requires. */
  SIGNATURE_UNTRUSTED: codeProperties(5),
  /** A signature is for another image: another digest or another name. */
  SIGNATURE_MISMATCH: codeProperties(5),
  /** The certificate of a signature, or an authority, was not valid when the signature was made. */
  SIGNATURE_EXPIRED: codeProperties(5),
  /** A policy rejects the image, whether it is signed or not. */
  POLICY_REJECTED: codeProperties(5),

  NETWORK: codeProperties(6, true),
  STALLED: codeProperties(6, true),
  REGISTRY_RESPONSE: codeProperties(6),
  REGISTRY_UNAVAILABLE: codeProperties(6, true),
  TOO_MANY_REQUESTS: codeProperties(6, true),
  BLOB_UNKNOWN: codeProperties(6),
  CHALLENGE_INVALID: codeProperties(6),
  REDIRECT_REFUSED: codeProperties(6),
  TLS: codeProperties(6),

  STORE_FULL: codeProperties(7),
  STORE_READ_ONLY: codeProperties(7),
  STORE_DENIED: codeProperties(7),
  STORE_LOCKED: codeProperties(7, true),
  STORE_CORRUPT: codeProperties(7),
  STORE_IO: codeProperties(7),

  /** Not a container image, or an image of an unsupported kind; or an operation that this system cannot do. */
  UNSUPPORTED: codeProperties(8),
  MANIFEST_UNSUPPORTED: codeProperties(8),

  CANCELLED: codeProperties(130),
} as const satisfies Record<string, CodeProperties>

/** Code of a `WindlassError`. */
export type ErrorCode = keyof typeof errorCodes

/** The objects that an error refers to. Contains no secrets: user info and query of URLs are removed. */
export interface ErrorSubject {
  readonly reference?: string
  readonly host?: string
  readonly digest?: string
  readonly path?: string
  readonly url?: string
  /** HTTP status code. */
  readonly status?: number
}

/**
 * Who failed, where a proxy in front of a registry says so: the registry (`upstream`), or the proxy itself.
 */
export type FaultySide = 'upstream' | 'proxy'

/** Options of a `WindlassError`. */
export interface ErrorDetails extends ErrorSubject {
  readonly cause?: unknown
  /** A sentence that says what the user can do. */
  readonly hint?: string
  /** Whether a retry may succeed. Default: the value of the code. */
  readonly retryable?: boolean
  /** Delay that the server requested with `Retry-After`, in milliseconds. */
  readonly retryAfter?: number
  /** Who failed, if a proxy says so. */
  readonly faultySide?: FaultySide | undefined
}

/** An error as plain data, for workers, events and JSON. */
export interface ErrorRecord extends ErrorSubject {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly hint?: string
}

/** An error of Windlass, with a code, a hint and the objects that it refers to. */
export class WindlassError extends Error {
  override readonly name = 'WindlassError'
  /** See `errorCodes`. */
  readonly code: ErrorCode
  /** Whether a retry may succeed. */
  readonly retryable: boolean
  /** A sentence that says what the user can do. */
  readonly hint: string | undefined
  /** Delay that the server requested with `Retry-After`, in milliseconds. */
  readonly retryAfter: number | undefined
  /** Who failed, if a proxy says so. */
  readonly faultySide: FaultySide | undefined
  /** The objects that the error refers to. */
  readonly subject: ErrorSubject

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { cause, hint, retryable, retryAfter, faultySide, ...subject } = details
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryable = retryable ?? errorCodes[code].retryable
    this.hint = hint
    this.retryAfter = retryAfter
    this.faultySide = faultySide
    this.subject = subject
  }

  /** Exit code of a process that ends with this error. */
  get exitCode(): ExitCode {
    return errorCodes[this.code].exit
  }

  /** Returns the error as plain data, without its cause, `retryAfter` and `faultySide`. */
  toJSON(): ErrorRecord {
    const { code, message, retryable, hint, subject } = this
    return { code, message, retryable, ...(hint === undefined ? {} : { hint }), ...subject }
  }

  /** Creates an error from a record that `toJSON` returned. */
  static from({ code, message, retryable, hint, ...subject }: ErrorRecord): WindlassError {
    return new WindlassError(code, message, {
      retryable,
      ...(hint === undefined ? {} : { hint }),
      ...subject,
    })
  }
}

/** Returns `error` if it is a `WindlassError`. Otherwise wraps it: an `AbortError` as CANCELLED, others as INTERNAL. */
export function asWindlassError(error: unknown): WindlassError {
  if (error instanceof WindlassError) return error
  if (error instanceof Error && error.name === 'AbortError')
    return new WindlassError('CANCELLED', 'The work was cancelled', { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new WindlassError('INTERNAL', message, { cause: error })
}
