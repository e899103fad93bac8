/** The warnings about parts of a layer that could not be unpacked. Each kind is reported once. */

/** The codes of all warnings. */
export const warningCodes = {
  /** Owners that cannot be set by this process, or are not supported by its user namespace or the file system. */
  OWNER_SKIPPED: null,
  /** The owner 2^32 - 1, which no file can have. The file belongs to root. */
  OWNER_NONE: null,
  /** An entry was replaced by a directory because the same layer has entries below it. */
  PARENT_REPLACED: null,
  /** There are more unlisted directories than a record may contain. */
  IMPLIED_UNRECORDED: null,
  /** Devices with numbers that Linux does not support. */
  DEVICE_FOREIGN: null,
  /** Devices that this process may not create; FIFOs if the file system has none. */
  DEVICE_SKIPPED: null,
  /** Character devices 0/0, which overlayfs would treat as whiteouts. */
  WHITEOUT_DEVICE_SKIPPED: null,
  /** Extended attributes that the user, the file system or Linux does not support. */
  XATTR_SKIPPED: null,
  /** Extended attributes of a namespace that images must not set. */
  XATTR_FOREIGN: null,
  /** Entries below the name of a whiteout. */
  WHITEOUT_CONTENT: null,
  /** The C library cannot be called: times are exact to about a microsecond. */
  TIMES_ROUNDED: null,
  /** Times that the file system cannot store. */
  TIME_SKIPPED: null,
} as const

/** The code of a warning. */
export type WarningCode = keyof typeof warningCodes

/** Warnings that depend on the user, the system or the file system, not on the layer. */
const ofMachine: ReadonlySet<string> = new Set<WarningCode>([
  'OWNER_SKIPPED',
  'DEVICE_SKIPPED',
  'XATTR_SKIPPED',
  'TIMES_ROUNDED',
  'TIME_SKIPPED',
])

/** Reports whether a warning concerns the machine and therefore applies to every layer. */
export const isMachineWarning = (code: string): boolean => ofMachine.has(code)

/** Receives a warning. */
export type Warn = (code: WarningCode, message: string) => void

/** Returns a function that passes only the first warning of each code to `warn`. */
export function onceEach(warn: Warn): Warn {
  const reported = new Set<WarningCode>()
  return (code, message) => {
    if (reported.has(code)) return
    reported.add(code)
    warn(code, message)
  }
}
